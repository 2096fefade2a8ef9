#include "temper/renew/trainers/xgboost/model_json.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace temper::renew::xgboost {
namespace {

using onnx_graph::Link;

/// A document with one tree of one split, as XGBoost 3.2 writes it; slot 2 is what pruning left.
std::string document(std::string_view base_score, std::string_view replace = "",
                     std::string_view with = "") {
  std::string text = R"({"learner":{"objective":{"name":"binary:logistic"},
    "learner_model_param":{"base_score":"BASE","num_class":"0","num_feature":"2","num_target":"1"},
    "gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[{
      "left_children":[3,-1,-1,-1],"right_children":[1,-1,-1,-1],
      "split_indices":[1,0,0,0],"split_conditions":[0.5,-0.25,9,0.75],"split_type":[0,0,0,0],
      "default_left":[1,0,0,0],"sum_hessian":[4,1,0,3],
      "tree_param":{"size_leaf_vector":"1"}}]}}}})";
  text.replace(text.find("BASE"), 4, base_score);
  if (!replace.empty()) text.replace(text.find(replace), replace.size(), with);
  return text;
}

float margin(const ParsedModel& model, float value) {
  const std::array<float, 2> row{0, value};
  std::array<float, 1> margins{};
  model.ensemble.margins(row, margins);
  return margins[0];
}

TEST(ModelJsonTest, ReadsSplitsDefaultsAndCovers) {
  const auto model = parse_model_json(document("[5E-1]"));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->objective, "binary:logistic");
  EXPECT_EQ(model->ensemble.link, Link::kLogistic);
  EXPECT_EQ(model->ensemble.trees[0].nodes.size(), 3U) << "the pruned slot is gone";
  EXPECT_EQ(margin(*model, 0.4F), 0.75F);
  EXPECT_EQ(margin(*model, 0.5F), -0.25F) << "a value at the threshold is not below it";
  EXPECT_EQ(margin(*model, std::numeric_limits<float>::quiet_NaN()), 0.75F);
  EXPECT_EQ(model->ensemble.trees[0].nodes[0].cover, 4);
}

TEST(ModelJsonTest, ReadsBaseScoresOfOldAndNewVersions) {
  for (const char* text : {"[5.07E-1]", "5.07E-1", "0.507"}) {
    const auto model = parse_model_json(document(text));
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_NEAR(model->ensemble.base_margins[0], std::log(0.507 / 0.493), 1e-6) << text;
  }
  EXPECT_FALSE(parse_model_json(document("[]")));
  EXPECT_FALSE(parse_model_json(document("[half]")));
  EXPECT_FALSE(parse_model_json(document("[1E-1,2E-1]"))) << "two scores for one target";
}

TEST(ModelJsonTest, RefusesWhatOnnxTreesCannotSay) {
  const auto code = [](std::string_view replace, std::string_view with) {
    const auto model = parse_model_json(document("[5E-1]", replace, with));
    return model ? ErrorCode::kCancelled : model.error().code;
  };
  EXPECT_EQ(code("\"split_type\":[0", "\"split_type\":[1"), ErrorCode::kUnimplemented);
  EXPECT_EQ(code("gbtree", "dart"), ErrorCode::kUnimplemented);
  EXPECT_EQ(code("binary:logistic", "rank:ndcg"), ErrorCode::kUnimplemented);
  EXPECT_EQ(code("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\""),
            ErrorCode::kUnimplemented);
  EXPECT_EQ(code("\"num_target\":\"1\"", "\"num_target\":\"2\""), ErrorCode::kUnimplemented);
}

TEST(ModelJsonTest, RefusesDocumentsThatDoNotHangTogether) {
  const auto code = [](std::string_view replace, std::string_view with) {
    const auto model = parse_model_json(document("[5E-1]", replace, with));
    return model ? ErrorCode::kCancelled : model.error().code;
  };
  EXPECT_EQ(parse_model_json("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse_model_json("{}").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("\"left_children\":[3", "\"left_children\":[9"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("\"left_children\":[3", "\"left_children\":[0"), ErrorCode::kInvalidArgument)
      << "a cycle";
  EXPECT_EQ(code("\"split_indices\":[1", "\"split_indices\":[2"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("\"split_indices\":[1,0,0,0]", "\"split_indices\":[]"),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("\"tree_info\":[0]", "\"tree_info\":[4]"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("\"num_feature\":\"2\"", "\"num_feature\":\"two\""), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::renew::xgboost
