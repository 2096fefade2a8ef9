#include "temper/model/features/feature_map.h"

#include <nlohmann/json.hpp>
#include <set>

namespace temper {
namespace {

using Json = nlohmann::ordered_json;

/// Values of one row of the input, or 0 where that is not fixed or not a row of columns.
std::int64_t columns_of(const TensorSpec& spec) {
  if (spec.shape.size() == 1) return 1;
  return spec.shape.size() == 2 && spec.shape[1] > 0 ? spec.shape[1] : 0;
}

Result<Feature> parse_feature(const std::string& name, const Json& entry,
                              const Signature& signature) {
  const std::string input = entry.value("input", "");
  const auto index = signature.input_index(input);
  if (!index) {
    return fail(ErrorCode::kInvalidArgument,
                "feature map: '{}' is in input '{}', which the model "
                "lacks",
                name, input);
  }
  const TensorSpec& spec = signature.inputs[*index];
  Feature feature{.name = name, .input = *index, .column = entry.value("column", std::int64_t{0})};
  if (feature.column < 0 || feature.column >= columns_of(spec)) {
    return fail(ErrorCode::kInvalidArgument,
                "feature map: '{}' is column {} of input '{}', whose "
                "shape is {}",
                name, feature.column, input, shape_text(spec.shape));
  }
  const std::string kind = entry.value("kind", "numeric");
  if (kind != "numeric" && kind != "categorical") {
    return fail(ErrorCode::kInvalidArgument,
                "feature map: '{}' is of kind '{}', expected numeric or categorical", name, kind);
  }
  feature.kind = kind == "categorical" ? FeatureKind::kCategorical : FeatureKind::kNumeric;
  if (spec.datatype == DataType::kBytes && feature.kind == FeatureKind::kNumeric) {
    return fail(ErrorCode::kInvalidArgument,
                "feature map: '{}' is numeric, but input '{}' holds texts", name, input);
  }
  return feature;
}

}  // namespace

Result<FeatureMap> FeatureMap::parse(std::string_view json, const Signature& signature) {
  FeatureMap map;
  try {
    const Json object = Json::parse(json);
    if (!object.is_object()) {
      return fail(ErrorCode::kInvalidArgument, "feature map: expected a JSON object, found {}",
                  object.type_name());
    }
    if (object.size() > kMaxFeatures) {
      return fail(ErrorCode::kInvalidArgument, "feature map: {} features, the limit is {}",
                  object.size(), kMaxFeatures);
    }
    std::set<std::pair<std::size_t, std::int64_t>> taken;
    for (const auto& [name, entry] : object.items()) {
      TEMPER_TRY(Feature feature, parse_feature(name, entry, signature));
      if (!taken.emplace(feature.input, feature.column).second) {
        return fail(ErrorCode::kInvalidArgument, "feature map: '{}' is the same column as another",
                    name);
      }
      map.features_.push_back(std::move(feature));
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "feature map: {}", error.what());
  }
  return map;
}

FeatureMap FeatureMap::of_outputs(const Signature& signature) {
  constexpr std::int64_t kFew = 16;
  Signature few;
  for (const TensorSpec& spec : signature.outputs) {
    few.inputs.push_back(spec);
    // No row of columns: it keeps its place and has no features.
    if (columns_of(spec) > kFew) few.inputs.back().shape = {};
  }
  return derived(few);
}

FeatureMap FeatureMap::derived(const Signature& signature) {
  FeatureMap map;
  for (std::size_t input = 0; input < signature.inputs.size(); ++input) {
    const TensorSpec& spec = signature.inputs[input];
    const std::int64_t columns = columns_of(spec);
    const bool texts = spec.datatype == DataType::kBytes;
    if (columns == 0 || (texts && columns > 1) ||
        map.features_.size() + static_cast<std::size_t>(columns) > kMaxFeatures) {
      continue;
    }
    for (std::int64_t column = 0; column < columns; ++column) {
      map.features_.push_back(
          {.name = columns == 1 ? spec.name : fmt::format("{}[{}]", spec.name, column),
           .input = input,
           .column = column,
           .kind = texts ? FeatureKind::kCategorical : FeatureKind::kNumeric});
    }
  }
  return map;
}

}  // namespace temper
