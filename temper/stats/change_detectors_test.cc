// Edges of ADWIN, Page-Hinkley and MMD; their values are pinned by sequential_golden_test.cc.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "temper/core/rng.h"
#include "temper/stats/adwin.h"
#include "temper/stats/mmd.h"
#include "temper/stats/page_hinkley.h"

namespace temper::stats {
namespace {

TEST(AdwinTest, LeavesOutWhatIsNotFinite) {
  Adwin adwin(Adwin::Config{});
  EXPECT_FALSE(adwin.add(NAN));
  EXPECT_FALSE(adwin.add(INFINITY));
  EXPECT_EQ(adwin.width(), 0);
  EXPECT_EQ(adwin.mean(), 0);
}

TEST(AdwinTest, TheWindowHoldsTheNewMeanAfterAChange) {
  Adwin adwin(Adwin::Config{});
  Rng rng(1);
  for (int i = 0; i < 3000; ++i) (void)adwin.add((i < 1500 ? 0 : 2) + rng.normal());
  EXPECT_NEAR(adwin.mean(), 2, 0.15);
  EXPECT_LE(adwin.width(), 1600);
}

TEST(PageHinkleyTest, LeavesOutWhatIsNotFinite) {
  PageHinkley detector(PageHinkley::Config{.min_values = 1, .threshold = 1});
  EXPECT_FALSE(detector.add(NAN));
  EXPECT_FALSE(detector.add(-INFINITY));
  EXPECT_FALSE(detector.add(3));
}

TEST(MmdTest, RefusesShapesThatDoNotFit) {
  const std::vector<double> two{1, 2, 3, 4};
  const std::vector<double> odd{1, 2, 3};
  const std::vector<double> hole{1, NAN, 3, 4};
  EXPECT_FALSE(maximum_mean_discrepancy(two, odd, 2, {}).has_value());
  EXPECT_FALSE(maximum_mean_discrepancy(two, hole, 2, {}).has_value());
  EXPECT_FALSE(maximum_mean_discrepancy(two, two, 0, {}).has_value());
  EXPECT_FALSE(maximum_mean_discrepancy(two, two, 4, {}).has_value());
  EXPECT_FALSE(maximum_mean_discrepancy(two, two, 2, {.features = 0}).has_value());
}

TEST(MmdTest, EqualConstantsAreNoEvidence) {
  const std::vector<double> same(40, 3.0);
  const auto result = maximum_mean_discrepancy(same, same, 2, {});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->squared, 0);
  EXPECT_EQ(result->p_value, 1);
}

TEST(MmdTest, PValuesOfEqualSourcesAreNotSmallTooOften) {
  Rng rng(31);
  int small = 0;
  for (std::uint64_t run = 0; run < 100; ++run) {
    std::vector<double> a(60);
    std::vector<double> b(60);
    for (double& x : a) x = rng.normal();
    for (double& x : b) x = rng.normal();
    const auto result =
        maximum_mean_discrepancy(a, b, 2, {.features = 32, .permutations = 49, .seed = run + 1});
    if (result.value().p_value <= 0.1) ++small;
  }
  // Mean 10, deviation 3: five deviations.
  EXPECT_LE(small, 25);
}

}  // namespace
}  // namespace temper::stats
