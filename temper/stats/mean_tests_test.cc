#include "temper/stats/mean_tests.h"

#include <gtest/gtest.h>

#include "temper/stats/distributions.h"
#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  moments.add(std::span<const double>(values));
  return moments;
}

TEST(MeanTestsTest, WelchAgreesWithSciPy) {
  const auto golden = golden_two_samples();
  int compared = 0;
  for (const auto& item : golden["two_samples"]) {
    if (!item.contains("welch")) continue;
    const auto reference = moments_of(golden_sample(item["reference"]));
    const auto test = welch_test(reference, moments_of(golden_sample(item["current"])));
    ASSERT_TRUE(test);
    const auto& want = item["welch"];
    EXPECT_NEAR(test->statistic, want["statistic"].get<double>(), 1e-9) << item["name"];
    EXPECT_NEAR(test->p_value, want["p_value"].get<double>(), 1e-10) << item["name"];
    EXPECT_NEAR(test->degrees, want["degrees"].get<double>(), 1e-7 * test->degrees) << item["name"];
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST(MeanTestsTest, ZIsWelchWithInfiniteDegrees) {
  const auto a = moments_of({1, 2, 3, 4});
  const auto b = moments_of({2, 4, 6, 9});
  const auto z = z_test(a, b);
  EXPECT_NEAR(z->statistic, welch_test(a, b)->statistic, 1e-15);
  EXPECT_NEAR(z->p_value, 2 * normal_sf(z->statistic), 1e-15);
}

TEST(MeanTestsTest, OneValueIsNotEnough) {
  EXPECT_FALSE(z_test(moments_of({1}), moments_of({1, 2})));
  EXPECT_FALSE(welch_test(moments_of({1, 2}), moments_of({})));
}

TEST(MeanTestsTest, ConstantsDifferOrDoNot) {
  EXPECT_EQ(z_test(moments_of({3, 3}), moments_of({3, 3, 3}))->p_value, 1);
  EXPECT_EQ(welch_test(moments_of({3, 3}), moments_of({4, 4}))->p_value, 0);
  EXPECT_GT(welch_test(moments_of({3, 3}), moments_of({4, 4}))->statistic, 0);
}

}  // namespace
}  // namespace temper::stats
