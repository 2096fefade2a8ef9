#include "temper/model/runtime/signature_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace temper::runtime {
namespace {

constexpr std::size_t kMaxTensors = 1024;
constexpr std::size_t kMaxDimensions = 64;

nlohmann::ordered_json specs_json(const std::vector<TensorSpec>& specs) {
  auto json = nlohmann::ordered_json::array();
  for (const TensorSpec& spec : specs) {
    nlohmann::ordered_json entry;
    entry["name"] = spec.name;
    entry["datatype"] = data_type_name(spec.datatype);
    entry["shape"] = spec.shape;
    entry["dimension_names"] = spec.dimension_names;
    json.push_back(std::move(entry));
  }
  return json;
}

Result<TensorSpec> parse_spec(const nlohmann::json& json) {
  if (!json.is_object() || json.size() != 4) {
    return fail(ErrorCode::kInvalidArgument, "signature: a tensor has 4 fields");
  }
  TensorSpec spec;
  json.at("name").get_to(spec.name);
  const auto datatype = parse_data_type(json.at("datatype").get<std::string>());
  if (!datatype) return fail(ErrorCode::kInvalidArgument, "signature: unknown datatype");
  spec.datatype = *datatype;
  json.at("shape").get_to(spec.shape);
  json.at("dimension_names").get_to(spec.dimension_names);
  if (spec.shape.size() > kMaxDimensions || spec.dimension_names.size() != spec.shape.size() ||
      std::any_of(spec.shape.begin(), spec.shape.end(),
                  [](std::int64_t size) { return size < -1; })) {
    return fail(ErrorCode::kInvalidArgument, "signature: impossible shape of '{}'", spec.name);
  }
  return spec;
}

Result<std::vector<TensorSpec>> parse_specs(const nlohmann::json& json) {
  if (!json.is_array() || json.size() > kMaxTensors) {
    return fail(ErrorCode::kInvalidArgument, "signature: expected a list of at most {} tensors",
                kMaxTensors);
  }
  std::vector<TensorSpec> specs;
  for (const auto& entry : json) {
    TEMPER_TRY(TensorSpec spec, parse_spec(entry));
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

std::string to_json(const Signature& signature) {
  nlohmann::ordered_json json;
  json["inputs"] = specs_json(signature.inputs);
  json["outputs"] = specs_json(signature.outputs);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Signature> parse_signature(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (!json.is_object() || json.size() != 2) {
      return fail(ErrorCode::kInvalidArgument, "signature: expected inputs and outputs");
    }
    Signature signature;
    TEMPER_TRY(signature.inputs, parse_specs(json.at("inputs")));
    TEMPER_TRY(signature.outputs, parse_specs(json.at("outputs")));
    return signature;
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "signature: {}", error.what());
  }
}

}  // namespace temper::runtime
