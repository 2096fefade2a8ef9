// The Open Inference Protocol v2 as plain values: what an infer request says and what its answer
// says, whether it came as JSON, as JSON with binary tensors, or as protobuf.
//
// Pure codecs, no sockets. Read in this order: this file, metadata.h (everything that is no
// inference), json_request.h and json_response.h (the server's side of HTTP), metadata_json.h,
// client_codec.h (the caller's side).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/tensor/tensor.h"

namespace temper::oip {

/// HTTP header that gives the length of the JSON part where binary tensors follow it.
inline constexpr std::string_view kJsonLengthHeader = "Inference-Header-Content-Length";

/// Bounds on one request, whatever its encoding; the body's own size is the front's to bound.
inline constexpr std::size_t kMaxInputs = 1024;
inline constexpr std::size_t kMaxRequestedOutputs = 1024;
inline constexpr std::size_t kMaxParameters = 256;
inline constexpr std::size_t kMaxRank = 16;

using ParameterValue = std::variant<bool, std::int64_t, double, std::string>;

struct Parameter {
  std::string name;
  ParameterValue value;

  bool operator==(const Parameter&) const = default;
};

/// A request's parameters: those that Temper gives a meaning, each absent where not sent, and the
/// rest as they came. (Header forms of the same names are the front's; a parameter wins.)
struct RequestParameters {
  /// `temper_unit_id`: the unit of sticky assignment.
  std::optional<std::string> unit_id;
  /// `temper_event_time_ns`: nanoseconds since the Unix epoch.
  std::optional<std::int64_t> event_time_ns;
  /// `timeout`, in microseconds on the wire; never negative, 0 = none.
  std::optional<Duration> timeout;
  /// `priority`; never negative.
  std::optional<std::int64_t> priority;
  std::vector<Parameter> others;

  bool operator==(const RequestParameters&) const = default;
};

/// An input as received. The bytes are exactly what datatype and shape call for (`check_tensor`
/// holds) and lie aligned for the datatype.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

struct RequestedOutput {
  std::string name;
  /// Sent as raw bytes behind the JSON; without a meaning in gRPC, where outputs are always raw.
  bool binary = false;

  bool operator==(const RequestedOutput&) const = default;
};

struct DecodedInferRequest {
  /// Echoed in the answer; empty = none given.
  std::string id;
  /// At least one, in the caller's order, each name once. Names are not checked against a model.
  std::vector<NamedTensor> inputs;
  /// In the caller's order, each name once; empty = all outputs of the model.
  std::vector<RequestedOutput> outputs;
  /// How outputs go when `outputs` is empty.
  bool binary_outputs_default = false;
  RequestParameters parameters;
};

/// Views, so that an answer is encoded without copying what it says.
using ParameterValueView = std::variant<bool, std::int64_t, double, std::string_view>;

struct ParameterView {
  std::string_view name;
  ParameterValueView value;
};

struct OutputView {
  std::string_view name;
  const Tensor* tensor = nullptr;
  bool binary = false;
};

struct InferResponseView {
  std::string_view model_name;
  std::string_view model_version;
  /// Left out when empty.
  std::string_view id;
  std::span<const ParameterView> parameters;
  std::span<const OutputView> outputs;
};

/// The meaning of one request parameter, by name, put into `parameters`. Errors: kInvalidArgument
/// for a wrong type or range; kUnimplemented for the sequence extension, which would silently
/// change the meaning of an answer. `where` names the parameter in the message.
[[nodiscard]] Status add_parameter(RequestParameters& parameters, std::string_view name,
                                   ParameterValue value, std::string_view where);

/// A tensor over received `bytes`, which it shares with `owner` where they lie aligned for the
/// datatype and copies where not. Errors as `check_tensor`; kInvalidArgument for a BOOL that is
/// neither 0 nor 1, which compiled code may not read as a truth value.
[[nodiscard]] Result<Tensor> tensor_over(DataType type, Shape shape,
                                         std::span<const std::byte> bytes,
                                         std::shared_ptr<const void> owner, std::string_view name);

/// Checks that each name of inputs and of outputs is not empty and comes once.
[[nodiscard]] Status check_names(const DecodedInferRequest& request);

}  // namespace temper::oip
