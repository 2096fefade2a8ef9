#include "temper/gateway/grpc/infer_codec.h"

#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace temper::gateway::grpc {
namespace {

using InputTensor = inference::ModelInferRequest::InferInputTensor;

Result<oip::ParameterValue> parameter_value(const inference::InferParameter& parameter,
                                            std::string_view name) {
  switch (parameter.parameter_choice_case()) {
    case inference::InferParameter::kBoolParam:
      return parameter.bool_param();
    case inference::InferParameter::kInt64Param:
      return std::int64_t{parameter.int64_param()};
    case inference::InferParameter::kStringParam:
      return parameter.string_param();
    case inference::InferParameter::kDoubleParam:
      return parameter.double_param();
    case inference::InferParameter::kUint64Param:
      if (parameter.uint64_param() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return fail(ErrorCode::kInvalidArgument, "parameter '{}' is {}, beyond 2^63 - 1", name,
                    parameter.uint64_param());
      }
      return static_cast<std::int64_t>(parameter.uint64_param());
    case inference::InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return fail(ErrorCode::kInvalidArgument, "parameter '{}' has no value", name);
}

/// Repeated numbers of protobuf as the elements of a narrower datatype, range checked.
template <typename Element, typename Field>
Result<std::vector<std::byte>> narrow(const Field& field, std::string_view name) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(field.size()) * sizeof(Element));
  for (int i = 0; i < field.size(); ++i) {
    const auto value = field.Get(i);
    const auto element = static_cast<Element>(value);
    if constexpr (!std::is_same_v<Element, bool>) {
      if (static_cast<std::remove_cv_t<decltype(value)>>(element) != value) {
        return fail(ErrorCode::kInvalidArgument,
                    "input '{}': element {} is {}, outside the range of its datatype", name, i,
                    value);
      }
    }
    std::memcpy(bytes.data() + static_cast<std::size_t>(i) * sizeof(Element), &element,
                sizeof(Element));
  }
  return bytes;
}

template <typename Field>
std::vector<std::byte> copy(const Field& field) {
  const auto bytes = std::as_bytes(std::span(field.data(), static_cast<std::size_t>(field.size())));
  return {bytes.begin(), bytes.end()};
}

Result<std::vector<std::byte>> typed_bytes(const InputTensor& input, DataType type) {
  const inference::InferTensorContents& contents = input.contents();
  switch (type) {
    case DataType::kBool:
      return narrow<bool>(contents.bool_contents(), input.name());
    case DataType::kUint8:
      return narrow<std::uint8_t>(contents.uint_contents(), input.name());
    case DataType::kUint16:
      return narrow<std::uint16_t>(contents.uint_contents(), input.name());
    case DataType::kUint32:
      return copy(contents.uint_contents());
    case DataType::kUint64:
      return copy(contents.uint64_contents());
    case DataType::kInt8:
      return narrow<std::int8_t>(contents.int_contents(), input.name());
    case DataType::kInt16:
      return narrow<std::int16_t>(contents.int_contents(), input.name());
    case DataType::kInt32:
      return copy(contents.int_contents());
    case DataType::kInt64:
      return copy(contents.int64_contents());
    case DataType::kFp32:
      return copy(contents.fp32_contents());
    case DataType::kFp64:
      return copy(contents.fp64_contents());
    case DataType::kBytes: {
      const std::vector<std::string> values(contents.bytes_contents().begin(),
                                            contents.bytes_contents().end());
      const Tensor tensor = Tensor::of_strings({static_cast<std::int64_t>(values.size())}, values);
      return std::vector<std::byte>(tensor.data.begin(), tensor.data.end());
    }
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return fail(ErrorCode::kInvalidArgument, "input '{}': {} travels in raw_input_contents only",
              input.name(), data_type_name(type));
}

Result<Tensor> decode_tensor(const InputTensor& input, const std::string* raw,
                             const std::shared_ptr<const void>& owner) {
  const std::optional<DataType> type = parse_data_type(input.datatype());
  if (!type) {
    return fail(ErrorCode::kInvalidArgument, "input '{}': unknown datatype '{}'", input.name(),
                input.datatype());
  }
  if (static_cast<std::size_t>(input.shape_size()) > oip::kMaxRank) {
    return fail(ErrorCode::kInvalidArgument, "input '{}' has {} dimensions, at most {} are taken",
                input.name(), input.shape_size(), oip::kMaxRank);
  }
  Shape shape(input.shape().begin(), input.shape().end());
  if (raw != nullptr) {
    return oip::tensor_over(*type, std::move(shape), std::as_bytes(std::span(*raw)), owner,
                            input.name());
  }
  TEMPER_TRY(std::vector<std::byte> bytes, typed_bytes(input, *type));
  Tensor tensor = Tensor::adopt(*type, std::move(shape), std::move(bytes));
  TEMPER_TRY_STATUS(check_tensor(tensor, input.name()));
  return tensor;
}

/// What would silently change where data come from or what an output holds.
template <typename Parameters>
Status check_tensor_parameters(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    const bool classifies = key == "classification" && value.int64_param() != 0;
    if (!classifies && !key.starts_with("shared_memory_")) continue;
    return fail(ErrorCode::kUnimplemented, "tensor '{}': parameter '{}' is not supported", name,
                key);
  }
  return {};
}

Status check_counts(const inference::ModelInferRequest& message) {
  const auto over = [](int count, std::size_t limit) {
    return static_cast<std::size_t>(count) > limit;
  };
  if (message.inputs_size() == 0) {
    return fail(ErrorCode::kInvalidArgument, "the request has no inputs");
  }
  if (over(message.inputs_size(), oip::kMaxInputs) ||
      over(message.outputs_size(), oip::kMaxRequestedOutputs)) {
    return fail(ErrorCode::kInvalidArgument,
                "{} inputs and {} outputs, at most {} and {} are taken", message.inputs_size(),
                message.outputs_size(), oip::kMaxInputs, oip::kMaxRequestedOutputs);
  }
  if (message.parameters().size() > oip::kMaxParameters) {
    return fail(ErrorCode::kInvalidArgument, "{} parameters, at most {} are taken",
                message.parameters().size(), oip::kMaxParameters);
  }
  const int raw = message.raw_input_contents_size();
  if (raw != 0 && raw != message.inputs_size()) {
    return fail(ErrorCode::kInvalidArgument,
                "raw_input_contents has {} entries, expected one for each of {} inputs", raw,
                message.inputs_size());
  }
  return {};
}

}  // namespace

Result<oip::DecodedInferRequest> decode_infer_request(const inference::ModelInferRequest& message,
                                                      const std::shared_ptr<const void>& owner) {
  TEMPER_TRY_STATUS(check_counts(message));
  oip::DecodedInferRequest request;
  request.id = message.id();
  request.binary_outputs_default = true;
  request.inputs.reserve(static_cast<std::size_t>(message.inputs_size()));
  for (int i = 0; i < message.inputs_size(); ++i) {
    const InputTensor& input = message.inputs(i);
    const std::string* raw =
        message.raw_input_contents_size() > 0 ? &message.raw_input_contents(i) : nullptr;
    if (raw != nullptr && input.has_contents()) {
      return fail(ErrorCode::kInvalidArgument, "input '{}' has both raw and typed contents",
                  input.name());
    }
    TEMPER_TRY_STATUS(check_tensor_parameters(input.parameters(), input.name()));
    TEMPER_TRY(Tensor tensor, decode_tensor(input, raw, owner));
    request.inputs.push_back({.name = input.name(), .tensor = std::move(tensor)});
  }
  for (const auto& output : message.outputs()) {
    TEMPER_TRY_STATUS(check_tensor_parameters(output.parameters(), output.name()));
    request.outputs.push_back({.name = output.name(), .binary = true});
  }
  for (const auto& [name, parameter] : message.parameters()) {
    TEMPER_TRY(oip::ParameterValue value, parameter_value(parameter, name));
    TEMPER_TRY_STATUS(oip::add_parameter(request.parameters, name, std::move(value),
                                         fmt::format("parameter '{}'", name)));
  }
  TEMPER_TRY_STATUS(oip::check_names(request));
  return request;
}

void encode_infer_response(const oip::InferResponseView& view,
                           inference::ModelInferResponse& message) {
  message.set_model_name(std::string(view.model_name));
  message.set_model_version(std::string(view.model_version));
  message.set_id(std::string(view.id));
  for (const oip::ParameterView& parameter : view.parameters) {
    inference::InferParameter& entry = (*message.mutable_parameters())[std::string(parameter.name)];
    std::visit(
        [&entry](const auto& value) {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, bool>) {
            entry.set_bool_param(value);
          } else if constexpr (std::is_same_v<Value, std::int64_t>) {
            entry.set_int64_param(value);
          } else if constexpr (std::is_same_v<Value, double>) {
            entry.set_double_param(value);
          } else {
            entry.set_string_param(std::string(value));
          }
        },
        parameter.value);
  }
  for (const oip::OutputView& output : view.outputs) {
    auto* tensor = message.add_outputs();
    tensor->set_name(std::string(output.name));
    tensor->set_datatype(std::string(data_type_name(output.tensor->datatype)));
    tensor->mutable_shape()->Add(output.tensor->shape.begin(), output.tensor->shape.end());
    message.add_raw_output_contents(output.tensor->data.data(), output.tensor->data.size());
  }
}

}  // namespace temper::gateway::grpc
