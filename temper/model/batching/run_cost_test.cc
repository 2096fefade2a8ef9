#include "temper/model/batching/run_cost.h"

#include <gtest/gtest.h>

#include <limits>

#include "temper/core/rng.h"

namespace temper::batching {
namespace {

using std::chrono::microseconds;

TEST(RunCostTest, KnowsNothingBeforeTheFirstRun) {
  const RunCost cost;
  EXPECT_FALSE(cost.run());
  EXPECT_FALSE(cost.row());
  EXPECT_FALSE(cost.rows_worth_their_base());
}

TEST(RunCostTest, RunsOfOneSizeDoNotTellBaseFromSlope) {
  RunCost cost;
  for (int k = 0; k < 100; ++k) cost.observe(8, microseconds(80));
  EXPECT_EQ(cost.run(), microseconds(80));
  EXPECT_EQ(cost.row(), microseconds(10));
  EXPECT_FALSE(cost.rows_worth_their_base());
}

TEST(RunCostTest, FindsTheSizeWhereTheBaseIsHalfOfTheRun) {
  Rng rng(7);
  for (const int base : {0, 40, 160, 1000}) {
    RunCost cost;
    for (int k = 0; k < 500; ++k) {
      const auto rows = static_cast<std::int64_t>(1 + rng.below(32));
      const double noise = 1 + 0.05 * rng.normal();
      cost.observe(
          rows,
          Duration(static_cast<std::int64_t>(1e3 * noise * static_cast<double>(base + 40 * rows))));
    }
    const double worth = std::max(1.0, base / 40.0);
    ASSERT_TRUE(cost.rows_worth_their_base());
    EXPECT_NEAR(static_cast<double>(*cost.rows_worth_their_base()), worth, 1 + 0.25 * worth)
        << base;
  }
}

TEST(RunCostTest, RowsThatCostNothingAreAlwaysWorthMore) {
  RunCost cost;
  for (int k = 0; k < 100; ++k) cost.observe(1 + k % 4, microseconds(80));
  EXPECT_EQ(cost.rows_worth_their_base(), std::numeric_limits<std::int64_t>::max());
}

TEST(RunCostTest, FollowsAModelWhoseCostChanges) {
  RunCost cost;
  for (int k = 0; k < 500; ++k) cost.observe(1 + k % 8, microseconds(10) * (1 + k % 8));
  EXPECT_EQ(cost.rows_worth_their_base(), 1);
  for (int k = 0; k < 500; ++k) cost.observe(1 + k % 8, microseconds(90 + 10 * (1 + k % 8)));
  EXPECT_EQ(cost.rows_worth_their_base(), 9);
}

TEST(RunCostTest, KeepsTheLastFitWhileSizesNoLongerDiffer) {
  RunCost cost;
  for (int k = 0; k < 100; ++k) cost.observe(1 + k % 8, microseconds(30 + 10 * (1 + k % 8)));
  const auto fitted = cost.rows_worth_their_base();
  for (int k = 0; k < 10'000; ++k) cost.observe(4, microseconds(70));
  EXPECT_EQ(cost.rows_worth_their_base(), fitted);
}

}  // namespace
}  // namespace temper::batching
