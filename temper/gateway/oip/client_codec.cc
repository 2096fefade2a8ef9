#include "temper/gateway/oip/client_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "temper/gateway/oip/json_reader.h"
#include "temper/gateway/oip/json_response.h"
#include "temper/gateway/oip/json_tensor.h"

namespace temper::oip {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestErrorText = 512;

void append_member(std::string& out, bool& first, std::string_view name) {
  out += first ? "" : ",";
  first = false;
  append_quoted(out, name);
  out += ':';
}

void append_value(std::string& out, const ParameterValue& value) {
  std::visit(
      [&out](const auto& each) {
        using Value = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Value, std::string>) {
          append_quoted(out, each);
        } else if constexpr (std::is_same_v<Value, bool>) {
          out += each ? "true" : "false";
        } else if constexpr (std::is_same_v<Value, double>) {
          append_number(out, each);
        } else {
          out += std::to_string(each);
        }
      },
      value);
}

void append_call_parameters(std::string& out, const InferCall& call) {
  const RequestParameters& parameters = call.parameters;
  out += R"("parameters":{)";
  bool first = true;
  if (parameters.unit_id) {
    append_member(out, first, "temper_unit_id");
    append_quoted(out, *parameters.unit_id);
  }
  if (parameters.event_time_ns) {
    append_member(out, first, "temper_event_time_ns");
    out += std::to_string(*parameters.event_time_ns);
  }
  if (parameters.timeout) {
    append_member(out, first, "timeout");
    out += std::to_string(
        std::chrono::duration_cast<std::chrono::microseconds>(*parameters.timeout).count());
  }
  if (parameters.priority) {
    append_member(out, first, "priority");
    out += std::to_string(*parameters.priority);
  }
  if (call.binary && call.outputs.empty()) {
    append_member(out, first, "binary_data_output");
    out += "true";
  }
  for (const Parameter& other : parameters.others) {
    append_member(out, first, other.name);
    append_value(out, other.value);
  }
  out += '}';
}

Status check_sayable(const NamedTensor& input) {
  if (input.tensor.datatype != DataType::kFp32 && input.tensor.datatype != DataType::kFp64) {
    return {};
  }
  if (!has_infinity(input.tensor)) return {};
  return fail(ErrorCode::kInvalidArgument,
              "input '{}' holds an infinity, which JSON cannot say: send it as binary data",
              input.name);
}

Status append_input(std::string& out, const NamedTensor& input, bool binary) {
  if (!binary) TEMPER_TRY_STATUS(check_sayable(input));
  return append_tensor(out, {.name = input.name, .tensor = &input.tensor, .binary = binary});
}

Result<ParameterValue> reply_parameter(const dom::element& element, const Place& place) {
  switch (element.type()) {
    case dom::element_type::BOOL:
      return element.get_bool().value_unsafe();
    case dom::element_type::INT64:
      return element.get_int64().value_unsafe();
    case dom::element_type::DOUBLE:
      return element.get_double().value_unsafe();
    case dom::element_type::STRING:
      return std::string(element.get_string().value_unsafe());
    default:
      return wrong_kind(place, "a string, a number or a boolean", element);
  }
}

Result<std::vector<TensorSpec>> decode_specs(const dom::element& element, const Place& place) {
  TEMPER_TRY(const dom::array array, as_array(element, place));
  std::vector<TensorSpec> specs;
  for (const dom::element& each : array) {
    const Place here = place.item(specs.size());
    TEMPER_TRY(const dom::object object, as_object(each, here));
    TensorSpec spec;
    for (const auto& [key, value] : object) {
      const Place at = here.member(key);
      if (key == "name") {
        TEMPER_TRY(const std::string_view name, as_string(value, at));
        spec.name = name;
      } else if (key == "datatype") {
        TEMPER_TRY(spec.datatype, decode_data_type(value, at));
      } else if (key == "shape") {
        TEMPER_TRY(const dom::array dimensions, as_array(value, at));
        for (const dom::element& dimension : dimensions) {
          TEMPER_TRY(const std::int64_t size, as_integer(dimension, at));
          spec.shape.push_back(size);
        }
      }
    }
    spec.dimension_names.resize(spec.shape.size());
    specs.push_back(std::move(spec));
  }
  return specs;
}

ErrorCode code_of_status(int http_status) {
  constexpr std::array kCodes{ErrorCode::kInvalidArgument,    ErrorCode::kUnauthenticated,
                              ErrorCode::kPermissionDenied,   ErrorCode::kNotFound,
                              ErrorCode::kFailedPrecondition, ErrorCode::kResourceExhausted,
                              ErrorCode::kUnimplemented,      ErrorCode::kUnavailable,
                              ErrorCode::kDeadlineExceeded,   ErrorCode::kCancelled};
  for (const ErrorCode code : kCodes) {
    if (temper::http_status(code) == http_status) return code;
  }
  return http_status >= 400 && http_status < 500 ? ErrorCode::kInvalidArgument
                                                 : ErrorCode::kInternal;
}

}  // namespace

Result<EncodedCall> encode_infer_call(const InferCall& call) {
  EncodedCall encoded;
  std::string& out = encoded.body;
  out = "{";
  if (!call.id.empty()) {
    out += R"("id":)";
    append_quoted(out, call.id);
    out += ',';
  }
  append_call_parameters(out, call);
  out += R"(,"inputs":[)";
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    if (i > 0) out += ',';
    TEMPER_TRY_STATUS(append_input(out, call.inputs[i], call.binary));
  }
  out += ']';
  if (!call.outputs.empty()) {
    out += R"(,"outputs":[)";
    for (std::size_t i = 0; i < call.outputs.size(); ++i) {
      out += i > 0 ? R"(,{"name":)" : R"({"name":)";
      append_quoted(out, call.outputs[i]);
      if (call.binary) out += R"(,"parameters":{"binary_data":true})";
      out += '}';
    }
    out += ']';
  }
  out += '}';
  if (call.binary) {
    encoded.json_size = out.size();
    for (const NamedTensor& input : call.inputs) {
      out.append(reinterpret_cast<const char*>(input.tensor.data.data()), input.tensor.data.size());
    }
  }
  return encoded;
}

const Tensor* InferReply::output(std::string_view name) const {
  const auto found = std::ranges::find(outputs, name, &NamedTensor::name);
  return found == outputs.end() ? nullptr : &found->tensor;
}

const ParameterValue* InferReply::parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  return found == parameters.end() ? nullptr : &found->value;
}

Result<InferReply> decode_infer_reply(std::string_view body, std::optional<std::size_t> json_size) {
  const std::size_t size = json_size.value_or(body.size());
  if (size > body.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} is {}, the answer has {} bytes", kJsonLengthHeader,
                size, body.size());
  }
  const auto bytes = std::as_bytes(std::span(body));
  TEMPER_TRY(const dom::element root, parse_json(bytes.first(size)));
  const Place top;
  TEMPER_TRY(const dom::object object, as_object(root, top));
  // No owner: every tensor is copied below, so that the answer outlives its buffer.
  BinaryPart binary(bytes, size, nullptr);
  InferReply reply;
  for (const auto& [key, value] : object) {
    const Place here = top.member(key);
    if (key == "model_name" || key == "model_version" || key == "id") {
      TEMPER_TRY(const std::string_view text, as_string(value, here));
      (key == "model_name" ? reply.model_name
       : key == "id"       ? reply.id
                           : reply.model_version) = text;
    } else if (key == "parameters") {
      TEMPER_TRY(const dom::object parameters, as_object(value, here));
      for (const auto& [name, parameter] : parameters) {
        TEMPER_TRY(ParameterValue decoded, reply_parameter(parameter, here.member(name)));
        reply.parameters.push_back({.name = std::string(name), .value = std::move(decoded)});
      }
    } else if (key == "outputs") {
      TEMPER_TRY(const dom::array outputs, as_array(value, here));
      for (const dom::element& each : outputs) {
        TEMPER_TRY(NamedTensor output,
                   decode_tensor(each, binary, here.item(reply.outputs.size())));
        Tensor& tensor = output.tensor;
        if (!tensor.owner) {
          tensor = Tensor::copy_of(tensor.datatype, std::move(tensor.shape), tensor.data);
        }
        reply.outputs.push_back(std::move(output));
      }
    }
  }
  return reply;
}

std::string decode_error_message(std::string_view body) {
  if (!body.empty()) {
    if (const auto root = parse_json(std::as_bytes(std::span(body)))) {
      std::string_view message;
      if ((*root)["error"].get(message) == simdjson::SUCCESS) return std::string(message);
    }
  }
  return std::string(body.substr(0, kLongestErrorText));
}

Error decode_error(int http_status, std::string_view body) {
  return {.code = code_of_status(http_status),
          .message = decode_error_message(body),
          .retry_after_ms = 0};
}

Result<ModelMetadata> decode_model_metadata(std::string_view body) {
  TEMPER_TRY(const dom::element root, parse_json(std::as_bytes(std::span(body))));
  const Place top;
  TEMPER_TRY(const dom::object object, as_object(root, top));
  ModelMetadata metadata;
  for (const auto& [key, value] : object) {
    const Place here = top.member(key);
    if (key == "name" || key == "platform") {
      TEMPER_TRY(const std::string_view text, as_string(value, here));
      (key == "name" ? metadata.name : metadata.platform) = text;
    } else if (key == "versions") {
      TEMPER_TRY(const dom::array versions, as_array(value, here));
      for (const dom::element& each : versions) {
        TEMPER_TRY(const std::string_view version, as_string(each, here));
        metadata.versions.emplace_back(version);
      }
    } else if (key == "inputs") {
      TEMPER_TRY(metadata.signature.inputs, decode_specs(value, here));
    } else if (key == "outputs") {
      TEMPER_TRY(metadata.signature.outputs, decode_specs(value, here));
    }
  }
  return metadata;
}

}  // namespace temper::oip
