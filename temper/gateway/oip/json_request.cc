#include "temper/gateway/oip/json_request.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "temper/gateway/oip/json_reader.h"
#include "temper/gateway/oip/json_tensor.h"

namespace temper::oip {
namespace {

namespace dom = simdjson::dom;

Result<ParameterValue> parameter_value(const dom::element& element, const Place& place) {
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

Result<RequestedOutput> decode_output(const dom::element& element, bool binary_default,
                                      const Place& place) {
  TEMPER_TRY(const dom::object object, as_object(element, place));
  TEMPER_TRY_STATUS(check_unique_keys(object, place));
  RequestedOutput output{.name = {}, .binary = binary_default};
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    const Place here = place.member(key);
    if (key == "name") {
      TEMPER_TRY(const std::string_view name, as_string(value, here));
      output.name = name;
    } else if (key == "parameters") {
      TEMPER_TRY(const TensorParameters parameters, tensor_parameters(value, here));
      if (parameters.binary_data) output.binary = *parameters.binary_data;
    }
  }
  if (output.name.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{}: 'name' is missing", place.text());
  }
  return output;
}

Status decode_parameters(const dom::element& element, DecodedInferRequest& request,
                         const Place& place) {
  TEMPER_TRY(const dom::object object, as_object(element, place));
  TEMPER_TRY_STATUS(check_unique_keys(object, place));
  if (object.size() > kMaxParameters) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} parameters, at most {} are taken",
                place.text(), object.size(), kMaxParameters);
  }
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    const Place here = place.member(key);
    if (key == "binary_data_output") {
      TEMPER_TRY(request.binary_outputs_default, as_bool(value, here));
      continue;
    }
    TEMPER_TRY(ParameterValue decoded, parameter_value(value, here));
    TEMPER_TRY_STATUS(add_parameter(request.parameters, key, std::move(decoded), here.text()));
  }
  return {};
}

Status decode_inputs(const dom::element& element, BinaryPart& binary, DecodedInferRequest& request,
                     const Place& place) {
  TEMPER_TRY(const dom::array inputs, as_array(element, place));
  if (inputs.size() > kMaxInputs) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} inputs, at most {} are taken", place.text(),
                inputs.size(), kMaxInputs);
  }
  request.inputs.reserve(inputs.size());
  for (const dom::element& each : inputs) {
    TEMPER_TRY(NamedTensor input, decode_tensor(each, binary, place.item(request.inputs.size())));
    request.inputs.push_back(std::move(input));
  }
  return {};
}

Status decode_outputs(const dom::element& element, DecodedInferRequest& request,
                      const Place& place) {
  TEMPER_TRY(const dom::array outputs, as_array(element, place));
  if (outputs.size() > kMaxRequestedOutputs) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} outputs, at most {} are taken", place.text(),
                outputs.size(), kMaxRequestedOutputs);
  }
  for (const dom::element& each : outputs) {
    TEMPER_TRY(RequestedOutput output, decode_output(each, request.binary_outputs_default,
                                                     place.item(request.outputs.size())));
    request.outputs.push_back(std::move(output));
  }
  return {};
}

}  // namespace

Result<DecodedInferRequest> decode_infer_request(const InferRequestBody& body) {
  const std::size_t json_size = body.json_size.value_or(body.bytes.size());
  TEMPER_TRY(const dom::element root, parse_json(body.bytes.first(json_size)));
  const Place top;
  TEMPER_TRY(const dom::object object, as_object(root, top));
  TEMPER_TRY_STATUS(check_unique_keys(object, top));
  BinaryPart binary(body.bytes, json_size, body.owner);
  DecodedInferRequest request;
  std::optional<dom::element> outputs;
  bool has_inputs = false;
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    const Place here = top.member(key);
    if (key == "id") {
      TEMPER_TRY(const std::string_view id, as_string(value, here));
      request.id = id;
    } else if (key == "parameters") {
      TEMPER_TRY_STATUS(decode_parameters(value, request, here));
    } else if (key == "inputs") {
      TEMPER_TRY_STATUS(decode_inputs(value, binary, request, here));
      has_inputs = !request.inputs.empty();
    } else if (key == "outputs") {
      // After the parameters, which say how outputs go where one does not say it itself.
      outputs = value;
    }
  }
  if (!has_inputs) {
    return fail(ErrorCode::kInvalidArgument, "/inputs: missing or empty, expected at least one");
  }
  if (outputs) TEMPER_TRY_STATUS(decode_outputs(*outputs, request, top.member("outputs")));
  if (binary.left() > 0) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes behind the JSON belong to no input",
                binary.left());
  }
  TEMPER_TRY_STATUS(check_names(request));
  return request;
}

Result<bool> decode_repository_index_request(std::string_view body) {
  if (body.empty()) return false;
  TEMPER_TRY(const dom::element root, parse_json(std::as_bytes(std::span(body))));
  const Place top;
  TEMPER_TRY(const dom::object object, as_object(root, top));
  TEMPER_TRY_STATUS(check_unique_keys(object, top));
  bool ready_only = false;
  for (const auto& [key, value] : object) {
    if (key == "ready" && !value.is_null()) {
      TEMPER_TRY(ready_only, as_bool(value, top.member("ready")));
    }
  }
  return ready_only;
}

Status check_repository_load_request(std::string_view body) {
  if (body.empty()) return {};
  TEMPER_TRY(const dom::element root, parse_json(std::as_bytes(std::span(body))));
  const Place top;
  TEMPER_TRY(const dom::object object, as_object(root, top));
  for (const auto& [key, value] : object) {
    if (key != "parameters" || value.is_null()) continue;
    TEMPER_TRY(const dom::object parameters, as_object(value, top.member(key)));
    for (const auto& [name, ignored] : parameters) {
      // Clients of Triton always send this one; a version here depends on nothing.
      if (name == "unload_dependents") continue;
      return fail(ErrorCode::kUnimplemented,
                  "/parameters/{}: configuration and files cannot be sent here; register the file "
                  "with `temper model add`",
                  name);
    }
  }
  return {};
}

Result<std::size_t> parse_json_length(std::string_view header, std::size_t body_size) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  if (error != std::errc() || end != header.data() + header.size() || header.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} is '{}', expected a number of bytes",
                kJsonLengthHeader, header);
  }
  if (length > body_size) {
    return fail(ErrorCode::kInvalidArgument, "{} is {}, the body has {} bytes", kJsonLengthHeader,
                length, body_size);
  }
  return length;
}

std::string_view json_kernel() {
  static const std::string name = simdjson::get_active_implementation()->name();
  return name;
}

}  // namespace temper::oip
