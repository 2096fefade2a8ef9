#include "temper/model/onnx/tree_ensemble.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace temper::onnx_graph {
namespace {

/// x0 < 1 ? (missing here) 10 : (x1 < 2 ? 20 : (missing here) 30)
TreeEnsemble two_splits() {
  Tree tree;
  tree.nodes = {{.feature = 0, .threshold = 1, .below = 1, .not_below = 2, .missing_below = true},
                {.leaf_value = 10},
                {.feature = 1, .threshold = 2, .below = 3, .not_below = 4, .missing_below = false},
                {.leaf_value = 20},
                {.leaf_value = 30}};
  return {.feature_count = 2, .base_margins = {0.5F}, .trees = {tree}, .link = Link::kIdentity};
}

float margin(const TreeEnsemble& ensemble, float x0, float x1) {
  const std::array<float, 2> row{x0, x1};
  std::array<float, 1> margins{};
  ensemble.margins(row, margins);
  return margins[0];
}

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

TEST(TreeEnsembleTest, ComparesStrictlyAndRoutesMissingValues) {
  const TreeEnsemble ensemble = two_splits();
  ASSERT_TRUE(ensemble.validate());
  EXPECT_EQ(margin(ensemble, 0.99F, 0), 10.5F);
  EXPECT_EQ(margin(ensemble, 1, 1.99F), 20.5F);
  EXPECT_EQ(margin(ensemble, 1, 2), 30.5F);
  EXPECT_EQ(margin(ensemble, kMissing, 0), 10.5F);
  EXPECT_EQ(margin(ensemble, 1, kMissing), 30.5F);
  EXPECT_EQ(margin(ensemble, -std::numeric_limits<float>::infinity(), 0), 10.5F);
}

TEST(TreeEnsembleTest, WithoutTreesTheMarginIsTheBase) {
  const TreeEnsemble ensemble{.feature_count = 2, .base_margins = {-3}, .trees = {}};
  ASSERT_TRUE(ensemble.validate());
  EXPECT_EQ(margin(ensemble, 0, 0), -3);
}

TEST(TreeEnsembleTest, RefusesTreesThatDoNotHangTogether) {
  const auto broken = [](auto change) {
    TreeEnsemble ensemble = two_splits();
    change(ensemble);
    return !ensemble.validate();
  };
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.base_margins.clear(); }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.base_margins[0] = kMissing; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].target = 1; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes.clear(); }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[2].feature = 2; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[2].feature = -2; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[2].below = 0; })) << "a cycle";
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[2].below = 4; })) << "shared child";
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[2].below = 9; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[0].threshold = kMissing; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes[1].leaf_value = kMissing; }));
  EXPECT_TRUE(broken([](TreeEnsemble& e) { e.trees[0].nodes.push_back({}); })) << "unreached";
}

}  // namespace
}  // namespace temper::onnx_graph
