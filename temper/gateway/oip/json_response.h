// Answers as they go over HTTP.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"

namespace temper::oip {

struct EncodedResponse {
  /// Bytes of JSON, at the front; the rest are binary tensors.
  std::size_t json_size = 0;
  /// Then `Inference-Header-Content-Length: json_size` belongs into the answer, and its content
  /// type is application/octet-stream instead of application/json.
  bool has_binary = false;
};

/// Appends the answer's body to `out`.
///
/// Value:   JSON numbers round-trip: FP32 and FP64 in the fewest digits that read back the same
///          value in their own width, integers exact. Data is one flat array, row-major.
/// Edges:   NaN and infinities become null, for JSON has none: ask for binary data to tell them
///          apart. BYTES in JSON must be UTF-8.
/// Errors:  kInvalidArgument for FP16/BF16 in JSON or BYTES that are not UTF-8, with the way out
///          (binary_data); kInternal for a tensor that contradicts itself. `out` is then as before.
/// Cost:    O(bytes), no allocation but growth of `out`. Any thread.
[[nodiscard]] Result<EncodedResponse> append_infer_response(std::string& out,
                                                            const InferResponseView& response);

/// Appends one tensor as the protocol's JSON object: with its data, or with the size that it takes
/// behind the JSON. Errors as above; `out` then ends in a fragment.
[[nodiscard]] Status append_tensor(std::string& out, const OutputView& output);

/// Appends `{"error":"..."}`, the protocol's error body.
void append_error(std::string& out, const Error& error);
[[nodiscard]] std::string error_body(const Error& error);

/// The shortest decimal that reads back as `value`; "null" where it is not finite.
void append_number(std::string& out, float value);
void append_number(std::string& out, double value);

/// The same, but never like an integer ("5.0"): for values whose kind is read from their spelling.
void append_double(std::string& out, double value);

/// Quoted and escaped. Bytes that are not UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

}  // namespace temper::oip
