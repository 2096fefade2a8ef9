#include "temper/gateway/oip/json_request.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "temper/gateway/oip/json_document.h"
#include "temper/gateway/oip/json_tensor.h"

namespace temper::oip {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct RequestMembers {
  std::optional<Element> id;
  std::optional<Element> parameters;
  std::optional<Element> inputs;
  std::optional<Element> outputs;
};

Result<RequestMembers> read_members(const Element& document, const Place& root) {
  RequestMembers members;
  TEMPER_TRY_STATUS(for_each_member(
      document, root, [&members](std::string_view key, const Element& value, const Place&) {
        if (key == "inputs") {
          members.inputs = value;
        } else if (key == "outputs") {
          members.outputs = value;
        } else if (key == "parameters") {
          members.parameters = value;
        } else if (key == "id") {
          members.id = value;
        }
        return Status();
      }));
  return members;
}

Status read_parameters(const Element& element, const Place& place, DecodedInferRequest& request) {
  return for_each_member(
      element, place,
      [&request](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "binary_data_output") {
          TEMPER_TRY(request.binary_outputs_default, read_bool(value, here));
          return {};
        }
        TEMPER_TRY(ParameterValue parameter, read_parameter(value, here));
        return add_parameter(request.parameters, key, std::move(parameter), here.to_string());
      });
}

Result<RequestedOutput> read_output(const Element& element, const Place& place,
                                    bool binary_by_default) {
  RequestedOutput output{.name = {}, .binary = binary_by_default};
  std::optional<std::string_view> name;
  const auto read_parameter_of_output = [&output](std::string_view key, const Element& value,
                                                  const Place& here) -> Status {
    if (key == "binary_data") {
      TEMPER_TRY(output.binary, read_bool(value, here));
    } else if (key == "classification") {
      TEMPER_TRY(const std::uint64_t classes, read_unsigned(value, here));
      if (classes == 0) return {};
      return fail(ErrorCode::kUnimplemented,
                  "{}: classification is not supported, expected the whole output to be wanted",
                  here.to_string());
    } else if (key.starts_with("shared_memory_")) {
      return fail(ErrorCode::kUnimplemented,
                  "{}: shared memory is not supported, expected the output in the answer's body",
                  here.to_string());
    }
    return {};
  };
  TEMPER_TRY_STATUS(for_each_member(
      element, place, [&](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "name") {
          TEMPER_TRY(name, read_string(value, here));
        } else if (key == "parameters") {
          return for_each_member(value, here, read_parameter_of_output);
        }
        return {};
      }));
  if (!name) return unexpected_value(place.member("name"), "nothing", "a string");
  output.name = *name;
  return output;
}

Status read_inputs(const Element& element, const Place& place, std::size_t json_bytes,
                   BinaryPart& binary, DecodedInferRequest& request) {
  TEMPER_TRY(const simdjson::dom::array array, read_array(element, place));
  if (array.size() > kMaxInputs) {
    return unexpected_value(place, fmt::format("{} inputs", array.size()),
                            fmt::format("at most {}", kMaxInputs));
  }
  request.inputs.reserve(array.size());
  for (const Element input : array) {
    TEMPER_TRY(NamedTensor tensor,
               read_tensor(input, place.at(request.inputs.size()), json_bytes, binary));
    request.inputs.push_back(std::move(tensor));
  }
  if (request.inputs.empty()) return unexpected_value(place, "an empty array", "an input");
  return {};
}

Status read_outputs(const Element& element, const Place& place, DecodedInferRequest& request) {
  TEMPER_TRY(const simdjson::dom::array array, read_array(element, place));
  if (array.size() > kMaxRequestedOutputs) {
    return unexpected_value(place, fmt::format("{} outputs", array.size()),
                            fmt::format("at most {}", kMaxRequestedOutputs));
  }
  request.outputs.reserve(array.size());
  for (const Element output : array) {
    TEMPER_TRY(RequestedOutput requested, read_output(output, place.at(request.outputs.size()),
                                                      request.binary_outputs_default));
    request.outputs.push_back(std::move(requested));
  }
  return {};
}

}  // namespace

Result<DecodedInferRequest> decode_infer_request(const InferRequestBody& body) {
  const std::size_t json_size = body.json_size.value_or(body.bytes.size());
  if (json_size > body.bytes.size()) {
    return fail(ErrorCode::kInvalidArgument, "header {}: {} came, expected at most {}, the body",
                kJsonLengthHeader, json_size, body.bytes.size());
  }
  TEMPER_TRY(const Element document, parse_document(text_of(body.bytes.first(json_size))));
  const Place root;
  TEMPER_TRY(const RequestMembers members, read_members(document, root));
  DecodedInferRequest request;
  if (members.id) {
    TEMPER_TRY(request.id, read_string(*members.id, root.member("id")));
  }
  if (members.parameters) {
    TEMPER_TRY_STATUS(read_parameters(*members.parameters, root.member("parameters"), request));
  }
  if (!members.inputs) return unexpected_value(root.member("inputs"), "nothing", "an array");
  BinaryPart binary{.rest = body.bytes.subspan(json_size),
                    .owner = body.owner,
                    .present = body.json_size.has_value()};
  TEMPER_TRY_STATUS(
      read_inputs(*members.inputs, root.member("inputs"), json_size, binary, request));
  if (!binary.rest.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "{} bytes follow the last binary tensor, expected the sum of binary_data_size to "
                "end the body",
                binary.rest.size());
  }
  if (members.outputs) {
    TEMPER_TRY_STATUS(read_outputs(*members.outputs, root.member("outputs"), request));
  }
  TEMPER_TRY_STATUS(check_names(request));
  return request;
}

Result<bool> decode_repository_index_request(std::string_view body) {
  bool ready = false;
  if (body.empty()) return ready;
  TEMPER_TRY(const Element document, parse_document(body));
  TEMPER_TRY_STATUS(for_each_member(
      document, Place(),
      [&ready](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "ready") {
          TEMPER_TRY(ready, read_bool(value, here));
        }
        return {};
      }));
  return ready;
}

Status check_repository_load_request(std::string_view body) {
  if (body.empty()) return {};
  TEMPER_TRY(const Element document, parse_document(body));
  const auto check_parameter = [](std::string_view key, const Element&,
                                  const Place& here) -> Status {
    if (key == "config" || key.starts_with("file:")) {
      return fail(ErrorCode::kUnimplemented,
                  "{}: overrides are not supported, expected a model of the registry "
                  "(`temper model add`)",
                  here.to_string());
    }
    return {};
  };
  return for_each_member(
      document, Place(),
      [&](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "parameters") return for_each_member(value, here, check_parameter);
        return {};
      });
}

Result<std::size_t> parse_json_length(std::string_view header, std::size_t body_size) {
  std::size_t value = 0;
  const char* const end = header.data() + header.size();
  const auto [stop, error] = std::from_chars(header.data(), end, value);
  if (error != std::errc() || stop != end || header.empty() || value > body_size) {
    return fail(ErrorCode::kInvalidArgument,
                "header {}: '{}' came, expected a decimal number of at most {}, the body",
                kJsonLengthHeader, header.substr(0, 32), body_size);
  }
  return value;
}

std::string_view json_kernel() {
  // The kernel is chosen at the first use; asking for it does not choose.
  static const std::string name = [] {
    std::ignore = parse_document("[]");
    return simdjson::get_active_implementation()->name();
  }();
  return name;
}

}  // namespace temper::oip
