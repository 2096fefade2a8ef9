// Against tests/golden/trainers/xgboost.json, which XGBoost's own Python package made.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "temper/core/file.h"
#include "temper/renew/trainers/xgboost/model_json.h"

namespace temper::renew::xgboost {
namespace {

nlohmann::json golden() {
  const char* source = std::getenv("TEMPER_SOURCE_DIR");
  const std::filesystem::path root = source != nullptr ? source : ".";
  const auto text = read_file(root / "tests/golden/trainers/xgboost.json");
  EXPECT_TRUE(text) << text.error().message;
  return text ? nlohmann::json::parse(*text) : nlohmann::json::object();
}

std::vector<float> floats(const nlohmann::json& values) {
  std::vector<float> list;
  for (const auto& value : values) {
    list.push_back(value.is_null() ? std::numeric_limits<float>::quiet_NaN() : value.get<float>());
  }
  return list;
}

TEST(XgboostGoldenTest, DocumentsGiveTheMarginsOfThePythonPackageBitByBit) {
  const auto file = golden();
  const auto features = file.at("features").get<std::size_t>();
  ASSERT_GE(file.at("cases").size(), 11U);
  for (const auto& example : file.at("cases")) {
    SCOPED_TRACE(example.at("objective").get<std::string>() + " " +
                 example.at("parameters").dump());
    const auto model = parse_model_json(example.at("document").dump());
    ASSERT_TRUE(model) << model.error().message;
    const auto rows = floats(example.at("rows"));
    const auto expected = floats(example.at("margins"));
    const std::size_t targets = model->ensemble.target_count();
    std::vector<float> margins(targets);
    for (std::size_t row = 0; row * features < rows.size(); ++row) {
      model->ensemble.margins(std::span(rows).subspan(row * features, features), margins);
      for (std::size_t target = 0; target < targets; ++target) {
        ASSERT_EQ(margins[target], expected[row * targets + target]) << "row " << row;
      }
    }
  }
}

}  // namespace
}  // namespace temper::renew::xgboost
