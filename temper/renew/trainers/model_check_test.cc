#include "temper/renew/trainers/model_check.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <numeric>
#include <vector>

#include "temper/model/runtime/onnxruntime/onnxruntime.h"

namespace temper::renew {
namespace {

using onnx_graph::Link;
using onnx_graph::Tree;
using onnx_graph::TreeFeature;
using onnx_graph::TreeModel;

/// delay < 15 ? -1 : 1, then carrier index < 1 ? -0.25 : 0.25
TreeModel two_trees() {
  Tree delay;
  delay.nodes = {{.feature = 0, .threshold = 15, .below = 1, .not_below = 2},
                 {.leaf_value = -1},
                 {.leaf_value = 1}};
  Tree carrier;
  carrier.nodes = {{.feature = 1, .threshold = 1, .below = 1, .not_below = 2},
                   {.leaf_value = -0.25F},
                   {.leaf_value = 0.25F}};
  return {.ensemble = {.feature_count = 2,
                       .base_margins = {0.125F},
                       .trees = {delay, carrier},
                       .link = Link::kLogistic},
          .features = {{.name = "delay"},
                       {.name = "carrier",
                        .kind = TreeFeature::Kind::kCategorical,
                        .categories = {"AA", "UA"}}},
          .classes = {"on time", "late"}};
}

data::Table table() {
  data::Table rows;
  rows.columns.push_back(data::Column::of_numbers("delay", {0, 20, 14.5, 15}));
  rows.columns.push_back(data::Column::of_strings("carrier", {"AA", "UA", "DL", ""}));
  rows.columns[1].present[3] = 0;
  return rows;
}

/// By hand; an unknown or missing carrier goes where missing values go, to "not below".
std::vector<float> margins() { return {-1.125F, 1.375F, -0.625F, 1.375F}; }

class ModelCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    auto runtime = runtime::create_onnxruntime();
    ASSERT_TRUE(runtime) << runtime.error().message;
    runtime_ = std::move(*runtime);
  }

  Result<ModelCheckReport> check(const TreeModel& model, const std::vector<float>& expected) {
    const std::array<std::size_t, 4> rows{0, 1, 2, 3};
    return check_model(*runtime_, model, table(), rows, expected, {.batch_rows = 3});
  }

  std::unique_ptr<runtime::Runtime> runtime_;
};

TEST_F(ModelCheckTest, PassesAFileThatAnswersAsTheTrainerDoes) {
  const auto report = check(two_trees(), margins());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->rows, 4U);
  EXPECT_EQ(report->largest_relative_difference, 0);
}

TEST_F(ModelCheckTest, RefusesAFileWhoseMarginsDiffer) {
  auto expected = margins();
  expected[2] *= 1.0001F;
  const auto report = check(two_trees(), expected);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInternal);
  EXPECT_NE(report.error().message.find("in row 3"), std::string::npos) << report.error().message;
}

TEST_F(ModelCheckTest, RefusesEncodersInAnotherOrder) {
  TreeModel model = two_trees();
  std::swap(model.features[1].categories[0], model.features[1].categories[1]);
  EXPECT_FALSE(check(model, margins()));
}

TEST_F(ModelCheckTest, RefusesASplitThatSendsMissingValuesElsewhere) {
  TreeModel model = two_trees();
  model.ensemble.trees[1].nodes[0].missing_below = true;
  EXPECT_FALSE(check(model, margins()));
}

TEST_F(ModelCheckTest, RefusesAColumnThatTheTableLacks) {
  TreeModel model = two_trees();
  model.features[0].name = "distance";
  EXPECT_FALSE(check(model, margins()));
}

TEST_F(ModelCheckTest, ChecksLabelsOfSeveralClasses) {
  TreeModel model = two_trees();
  model.ensemble.base_margins = {0, 0, 0};
  model.ensemble.trees[1].target = 2;
  model.ensemble.link = Link::kSoftmax;
  model.classes = {"a", "b", "c"};
  model.class_values = {10, 20, 30};
  const auto report = check(model, {-1, 0, -0.25F, 1, 0, 0.25F, -1, 0, 0.25F, 1, 0, 0.25F});
  ASSERT_TRUE(report) << report.error().message;
}

}  // namespace
}  // namespace temper::renew
