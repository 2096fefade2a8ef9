// The caller's side of the protocol over HTTP: for `temper infer`, `temper replay` and load
// generators. Nothing here knows a socket.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"
#include "temper/gateway/oip/metadata.h"

namespace temper::oip {

struct InferCall {
  std::string_view id;
  std::span<const NamedTensor> inputs;
  /// Empty = all outputs.
  std::span<const std::string> outputs;
  RequestParameters parameters;
  /// Send inputs, and ask for outputs, as binary tensors.
  bool binary = true;
};

struct EncodedCall {
  std::string body;
  /// Set where the body has binary tensors: value of `Inference-Header-Content-Length`.
  std::optional<std::size_t> json_size;
};

/// Errors: kInvalidArgument where an input cannot be said in JSON (FP16/BF16, BYTES that are not
/// UTF-8, infinities; NaN becomes null).
[[nodiscard]] Result<EncodedCall> encode_infer_call(const InferCall& call);

struct InferReply {
  std::string model_name;
  std::string model_version;
  std::string id;
  std::vector<Parameter> parameters;
  std::vector<NamedTensor> outputs;

  /// Null when the answer has no such output / parameter.
  [[nodiscard]] const Tensor* output(std::string_view name) const;
  [[nodiscard]] const ParameterValue* parameter(std::string_view name) const;
};

/// Decodes an answer with status 200. `json_size` is its `Inference-Header-Content-Length`. Tensors
/// own copies. Errors: kInvalidArgument.
[[nodiscard]] Result<InferReply> decode_infer_reply(std::string_view body,
                                                    std::optional<std::size_t> json_size);

/// The message of an error body; the body itself (cut at 512 bytes) where it is none.
[[nodiscard]] std::string decode_error_message(std::string_view body);

/// The error that an answer other than 200 stands for: its code from the status, its message from
/// the body.
[[nodiscard]] Error decode_error(int http_status, std::string_view body);

/// Decodes model metadata: name, versions, platform, inputs and outputs. Errors: kInvalidArgument.
[[nodiscard]] Result<ModelMetadata> decode_model_metadata(std::string_view body);

}  // namespace temper::oip
