#include "temper/gateway/oip/client_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "temper/gateway/oip/json_document.h"
#include "temper/gateway/oip/json_response.h"
#include "temper/gateway/oip/json_tensor.h"

namespace temper::oip {
namespace {

void append_member(std::string& out, std::string_view name, const ParameterValue& value) {
  out += out.back() == '{' ? "" : ",";
  append_quoted(out, name);
  out += ':';
  if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    append_double(out, *number);
  } else {
    append_quoted(out, std::get<std::string>(value));
  }
}

void append_parameters(std::string& out, const InferCall& call) {
  const RequestParameters& parameters = call.parameters;
  std::string object = "{";
  if (parameters.unit_id) append_member(object, "temper_unit_id", *parameters.unit_id);
  if (parameters.event_time_ns) {
    append_member(object, "temper_event_time_ns", *parameters.event_time_ns);
  }
  if (parameters.timeout) {
    append_member(
        object, "timeout",
        std::chrono::duration_cast<std::chrono::microseconds>(*parameters.timeout).count());
  }
  if (parameters.priority) append_member(object, "priority", *parameters.priority);
  for (const Parameter& other : parameters.others) append_member(object, other.name, other.value);
  if (call.binary) append_member(object, "binary_data_output", true);
  if (object.size() == 1) return;
  out += R"("parameters":)";
  out += object;
  out += "},";
}

template <typename T>
bool has_infinity(std::span<const std::byte> data) {
  for (std::size_t k = 0; k + sizeof(T) <= data.size(); k += sizeof(T)) {
    T value;
    std::memcpy(&value, data.data() + k, sizeof(T));
    if (std::isinf(value)) return true;
  }
  return false;
}

/// An infinity would become null, which reads back as NaN: another value.
Status check_finite(const NamedTensor& input) {
  const Tensor& tensor = input.tensor;
  const bool infinite = (tensor.datatype == DataType::kFp32 && has_infinity<float>(tensor.data)) ||
                        (tensor.datatype == DataType::kFp64 && has_infinity<double>(tensor.data));
  if (!infinite) return {};
  return fail(ErrorCode::kInvalidArgument,
              "input '{}': JSON has no infinity, expected binary encoding", input.name);
}

Result<TensorSpec> read_spec(const Element& element, const Place& place) {
  TensorSpec spec;
  bool has_datatype = false;
  TEMPER_TRY_STATUS(for_each_member(
      element, place, [&](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "name") {
          TEMPER_TRY(spec.name, read_string(value, here));
        } else if (key == "datatype") {
          TEMPER_TRY(const std::string_view text, read_string(value, here));
          const auto type = parse_data_type(text);
          if (!type) return unexpected_value(here, text, "a datatype");
          spec.datatype = *type;
          has_datatype = true;
        } else if (key == "shape") {
          TEMPER_TRY(const simdjson::dom::array array, read_array(value, here));
          for (const Element dimension : array) {
            std::int64_t size = 0;
            if (dimension.get(size) != simdjson::SUCCESS) {
              return unexpected_value(here.at(spec.shape.size()), kind_name(dimension),
                                      "a dimension");
            }
            spec.shape.push_back(size);
          }
        }
        return {};
      }));
  if (spec.name.empty() || !has_datatype) {
    return unexpected_value(place, "an incomplete tensor", "name, datatype and shape");
  }
  spec.dimension_names.resize(spec.shape.size());
  return spec;
}

Status read_specs(const Element& element, const Place& place, std::vector<TensorSpec>& specs) {
  TEMPER_TRY(const simdjson::dom::array array, read_array(element, place));
  for (const Element each : array) {
    TEMPER_TRY(TensorSpec spec, read_spec(each, place.at(specs.size())));
    specs.push_back(std::move(spec));
  }
  return {};
}

}  // namespace

Result<EncodedCall> encode_infer_call(const InferCall& call) {
  std::string body = "{";
  if (!call.id.empty()) {
    body += R"("id":)";
    append_quoted(body, call.id);
    body += ',';
  }
  append_parameters(body, call);
  if (!call.outputs.empty()) {
    body += R"("outputs":[)";
    for (std::size_t k = 0; k < call.outputs.size(); ++k) {
      body += k == 0 ? R"({"name":)" : R"(,{"name":)";
      append_quoted(body, call.outputs[k]);
      body += '}';
    }
    body += "],";
  }
  body += R"("inputs":[)";
  for (std::size_t k = 0; k < call.inputs.size(); ++k) {
    const NamedTensor& input = call.inputs[k];
    if (!call.binary) TEMPER_TRY_STATUS(check_finite(input));
    if (k > 0) body += ',';
    TEMPER_TRY_STATUS(
        append_tensor(body, {.name = input.name, .tensor = &input.tensor, .binary = call.binary}));
  }
  body += "]}";
  EncodedCall encoded;
  if (call.binary) {
    encoded.json_size = body.size();
    for (const NamedTensor& input : call.inputs) {
      body.append(reinterpret_cast<const char*>(input.tensor.data.data()),
                  input.tensor.data.size());
    }
  }
  encoded.body = std::move(body);
  return encoded;
}

const Tensor* InferReply::output(std::string_view name) const {
  const auto found = std::find_if(outputs.begin(), outputs.end(),
                                  [name](const NamedTensor& each) { return each.name == name; });
  return found == outputs.end() ? nullptr : &found->tensor;
}

const ParameterValue* InferReply::parameter(std::string_view name) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [name](const Parameter& each) { return each.name == name; });
  return found == parameters.end() ? nullptr : &found->value;
}

Result<InferReply> decode_infer_reply(std::string_view body, std::optional<std::size_t> json_size) {
  const std::size_t json_bytes = json_size.value_or(body.size());
  if (json_bytes > body.size()) {
    return fail(ErrorCode::kInvalidArgument, "header {}: {} came, expected at most {}, the body",
                kJsonLengthHeader, json_bytes, body.size());
  }
  TEMPER_TRY(const Element document, parse_document(body.substr(0, json_bytes)));
  // The caller's buffer may go away, so binary tensors share one copy.
  const std::string_view behind = body.substr(json_bytes);
  const auto copy = std::make_shared<const std::string>(behind);
  BinaryPart binary{
      .rest = std::as_bytes(std::span(*copy)), .owner = copy, .present = json_size.has_value()};
  InferReply reply;
  TEMPER_TRY_STATUS(for_each_member(
      document, Place(),
      [&](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "model_name") {
          TEMPER_TRY(reply.model_name, read_string(value, here));
        } else if (key == "model_version") {
          TEMPER_TRY(reply.model_version, read_string(value, here));
        } else if (key == "id") {
          TEMPER_TRY(reply.id, read_string(value, here));
        } else if (key == "parameters") {
          return for_each_member(
              value, here,
              [&reply](std::string_view name, const Element& parameter,
                       const Place& inner) -> Status {
                TEMPER_TRY(ParameterValue read, read_parameter(parameter, inner));
                reply.parameters.push_back({.name = std::string(name), .value = std::move(read)});
                return {};
              });
        } else if (key == "outputs") {
          TEMPER_TRY(const simdjson::dom::array array, read_array(value, here));
          for (const Element output : array) {
            TEMPER_TRY(NamedTensor tensor,
                       read_tensor(output, here.at(reply.outputs.size()), json_bytes, binary));
            reply.outputs.push_back(std::move(tensor));
          }
        }
        return {};
      }));
  if (!binary.rest.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes follow the last binary tensor",
                binary.rest.size());
  }
  return reply;
}

std::string decode_error_message(std::string_view body) {
  if (const auto document = parse_document(body)) {
    std::string_view message;
    if ((*document)["error"].get(message) == simdjson::SUCCESS) return std::string(message);
  }
  return std::string(body.substr(0, 512));
}

Error decode_error(int status, std::string_view body) {
  constexpr ErrorCode kCodes[] = {
      ErrorCode::kInvalidArgument,    ErrorCode::kUnauthenticated, ErrorCode::kPermissionDenied,
      ErrorCode::kNotFound,           ErrorCode::kAlreadyExists,   ErrorCode::kResourceExhausted,
      ErrorCode::kUnimplemented,      ErrorCode::kUnavailable,     ErrorCode::kDeadlineExceeded,
      ErrorCode::kFailedPrecondition, ErrorCode::kCancelled};
  const auto code = std::find_if(std::begin(kCodes), std::end(kCodes),
                                 [status](ErrorCode each) { return http_status(each) == status; });
  const bool known = code != std::end(kCodes);
  const bool of_request = status >= 400 && status < 500;
  return {.code = known        ? *code
                  : of_request ? ErrorCode::kInvalidArgument
                               : ErrorCode::kInternal,
          .message = fmt::format("HTTP status {}: {}", status, decode_error_message(body)),
          .retry_after_ms = 0};
}

Result<ModelMetadata> decode_model_metadata(std::string_view body) {
  TEMPER_TRY(const Element document, parse_document(body));
  ModelMetadata metadata;
  TEMPER_TRY_STATUS(for_each_member(
      document, Place(),
      [&](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "name") {
          TEMPER_TRY(metadata.name, read_string(value, here));
        } else if (key == "platform") {
          TEMPER_TRY(metadata.platform, read_string(value, here));
        } else if (key == "versions") {
          TEMPER_TRY(const simdjson::dom::array array, read_array(value, here));
          for (const Element version : array) {
            TEMPER_TRY(std::string_view text,
                       read_string(version, here.at(metadata.versions.size())));
            metadata.versions.emplace_back(text);
          }
        } else if (key == "inputs") {
          return read_specs(value, here, metadata.signature.inputs);
        } else if (key == "outputs") {
          return read_specs(value, here, metadata.signature.outputs);
        } else if (key == "properties") {
          return for_each_member(value, here,
                                 [&metadata](std::string_view name, const Element& property,
                                             const Place& inner) -> Status {
                                   TEMPER_TRY(const std::string_view text,
                                              read_string(property, inner));
                                   metadata.properties.emplace_back(name, text);
                                   return {};
                                 });
        }
        return {};
      }));
  return metadata;
}

}  // namespace temper::oip
