#include "temper/stats/kolmogorov_smirnov.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

TEST(KolmogorovSmirnovTest, SmallSamplesAgreeWithSciPyExactly) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["two_samples"]) {
    const auto ks = ks_2samp(golden_sample(item["reference"]), golden_sample(item["current"]));
    ASSERT_TRUE(ks);
    const double p = item["ks"]["p_value"].get<double>();
    EXPECT_NEAR(ks->statistic, item["ks"]["statistic"].get<double>(), 1e-12) << item["name"];
    EXPECT_NEAR(ks->p_value, p, 1e-12 + 1e-9 * p) << item["name"];
    EXPECT_TRUE(ks->is_exact);
  }
}

TEST(KolmogorovSmirnovTest, LargeSamplesAgreeWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["large_samples"]) {
    const auto ks = ks_2samp(golden_rule(item["reference"]), golden_rule(item["current"]));
    ASSERT_TRUE(ks);
    const double p = item["p_value"].get<double>();
    EXPECT_NEAR(ks->statistic, item["statistic"].get<double>(), 1e-12) << item.dump();
    EXPECT_NEAR(ks->p_value, p, 1e-13 + 1e-5 * p) << item.dump();
  }
}

TEST(KolmogorovSmirnovTest, ExactPValuesAgreeWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["tails"]["ks_exact"]) {
    const double p = item[3].get<double>();
    const KsPValue got = ks_p_value(item[2].get<double>(), item[0].get<std::uint64_t>(),
                                    item[1].get<std::uint64_t>());
    EXPECT_NEAR(got.p_value, p, 1e-14 + 1e-8 * p) << item.dump();
  }
}

TEST(KolmogorovSmirnovTest, AnEmptySampleHasNoStatistic) {
  EXPECT_FALSE(ks_2samp(std::vector<double>{}, std::vector<double>{1}));
  EXPECT_FALSE(ks_2samp(KllSketch(), std::vector<double>{1}));
  EXPECT_FALSE(ks_2samp(KllSketch(), KllSketch()));
}

TEST(KolmogorovSmirnovTest, SketchesStayWithinTheirErrorAndNeverExaggerate) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Rng rng(seed);
    std::vector<double> reference(30'000);
    std::vector<double> current(5'000);
    for (double& value : reference) value = rng.normal();
    for (double& value : current) value = rng.normal() + 0.05;
    KllSketch reference_sketch(256, seed);
    KllSketch current_sketch(256, seed + 100);
    reference_sketch.add(reference);
    current_sketch.add(current);
    std::sort(reference.begin(), reference.end());
    std::sort(current.begin(), current.end());
    const auto raw = ks_2samp(reference, current);
    const auto half = ks_2samp(reference_sketch, current);
    const auto both = ks_2samp(reference_sketch, current_sketch);
    EXPECT_LE(std::abs(half->statistic - raw->statistic), half->sketch_error) << seed;
    EXPECT_LE(std::abs(both->statistic - raw->statistic), both->sketch_error) << seed;
    EXPECT_GE(half->p_value, raw->p_value) << seed;
    EXPECT_GE(both->p_value, raw->p_value) << seed;
  }
}

TEST(KolmogorovSmirnovTest, PValuesAreUniformWithoutDrift) {
  // 2,000 tests at 5 %: 100 expected, standard deviation 9.7; discreteness only lowers the rate.
  Rng rng(8);
  int rejected = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<double> a(200);
    std::vector<double> b(150);
    for (double& value : a) value = rng.uniform();
    for (double& value : b) value = rng.uniform();
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    rejected += ks_2samp(a, b)->p_value < 0.05 ? 1 : 0;
  }
  EXPECT_LT(rejected, 140);
  EXPECT_GT(rejected, 60);
}

}  // namespace
}  // namespace temper::stats
