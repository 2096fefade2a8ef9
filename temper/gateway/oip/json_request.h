// Infer and repository requests as they come over HTTP.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"

namespace temper::oip {

struct InferRequestBody {
  std::span<const std::byte> bytes;
  /// Keeps `bytes` alive; becomes the owner of the tensors that view them.
  std::shared_ptr<const void> owner;
  /// Value of `Inference-Header-Content-Length`; empty = all of `bytes` is JSON.
  std::optional<std::size_t> json_size;
};

/// Decodes an OIP v2 infer request: JSON, or JSON followed by binary tensors.
///
/// Shapes:  at most 1024 inputs of rank <= 16; `data` flat, or nested exactly as `shape` says.
/// Value:   binary tensors view the body where it is aligned for their datatype and are copied
///          where not; JSON data is copied. Integers are exact over the whole range of the
///          datatype. FP32 is the nearest float to the double that the text denotes.
/// Edges:   null in FP32/FP64 data is NaN (JSON has no other spelling for it). Absent and null
///          members are the same. Members the protocol does not know are ignored, as Triton does.
///          An input with "binary_data_size" takes its bytes from behind the JSON, in order.
/// Errors:  kInvalidArgument naming the JSON pointer ("/inputs/0/data/3"), what came and what was
///          expected: malformed JSON, a duplicate key, a wrong type, a number out of the range of
///          its datatype, a fraction in integer data, FP16/BF16 in JSON (binary only), counts or
///          byte sizes that do not fit, bytes left over; kUnimplemented for shared memory,
///          sequences and classification.
/// Threads: any; each keeps a parser of its own, which forgets its memory after a large document.
/// Cost:    O(body); measured by oip_bench.cc.
[[nodiscard]] Result<DecodedInferRequest> decode_infer_request(const InferRequestBody& body);

/// Body of `POST v2/repository/index`: whether only ready models are asked for. An empty body asks
/// for all. Errors: kInvalidArgument.
[[nodiscard]] Result<bool> decode_repository_index_request(std::string_view body);

/// Body of `POST v2/repository/models/NAME/load` and `/unload`; an empty body is fine. Errors:
/// kInvalidArgument; kUnimplemented for overrides of configuration or files, which nobody may push
/// through this door.
[[nodiscard]] Status check_repository_load_request(std::string_view body);

/// Parses the value of `Inference-Header-Content-Length`. Errors: kInvalidArgument unless it is a
/// decimal number not over `body_size`.
[[nodiscard]] Result<std::size_t> parse_json_length(std::string_view header, std::size_t body_size);

/// The simdjson kernel in use ("haswell", "icelake", ...); "fallback" would be several times
/// slower.
[[nodiscard]] std::string_view json_kernel();

}  // namespace temper::oip
