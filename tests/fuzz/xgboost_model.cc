// A text taken for XGBoost's model document, whatever it is: never a crash, and what is accepted is
// an ensemble that answers for a row of missing values and can be written as ONNX.
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "temper/core/check.h"
#include "temper/model/onnx/tree_model.h"
#include "temper/renew/trainers/xgboost/model_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = renew::xgboost::parse_model_json(text);
  if (!parsed) return 0;
  const onnx_graph::TreeEnsemble& ensemble = parsed->ensemble;
  TEMPER_CHECK(ensemble.validate().has_value());
  if (ensemble.feature_count > 1000) return 0;
  const std::vector<float> row(ensemble.feature_count, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> margins(ensemble.target_count());
  ensemble.margins(row, margins);
  if (ensemble.link == onnx_graph::Link::kSoftmax) return 0;
  onnx_graph::TreeModel model{.ensemble = ensemble, .features = {}};
  for (std::size_t index = 0; index < ensemble.feature_count; ++index) {
    model.features.push_back({.name = fmt::format("f{}", index)});
  }
  // Several targets without classes are the one thing the writer refuses here.
  TEMPER_CHECK(onnx_graph::write_tree_model(model).has_value() == (ensemble.target_count() == 1));
  return 0;
}
