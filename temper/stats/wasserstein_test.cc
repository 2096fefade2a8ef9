#include "temper/stats/wasserstein.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/stats/ecdf_distance.h"
#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(WassersteinTest, AgreesWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["two_samples"]) {
    if (!item.contains("wasserstein")) continue;
    const double want = item["wasserstein"].get<double>();
    const auto got =
        wasserstein_distance(golden_sample(item["reference"]), golden_sample(item["current"]));
    EXPECT_NEAR(got.value(), want, 1e-12 * (1 + want)) << item["name"];
  }
  for (const auto& item : golden["large_samples"]) {
    const auto got =
        wasserstein_distance(golden_rule(item["reference"]), golden_rule(item["current"]));
    EXPECT_NEAR(got.value(), item["wasserstein"].get<double>(), 1e-10) << item.dump();
  }
}

TEST(WassersteinTest, AnEmptySampleHasNoDistance) {
  EXPECT_FALSE(wasserstein_distance(std::vector<double>{}, std::vector<double>{1}));
  EXPECT_FALSE(wasserstein_distance(KllSketch(), KllSketch()));
}

TEST(WassersteinTest, InfinitiesCancelOnlyInEqualShares) {
  const std::vector<double> half = {1, kInfinity};
  EXPECT_EQ(wasserstein_distance(half, std::vector<double>{3, kInfinity}), 1);
  EXPECT_EQ(wasserstein_distance(half, std::vector<double>{1, 2}), kInfinity);
  EXPECT_EQ(wasserstein_distance(std::vector<double>{-kInfinity}, std::vector<double>{1}),
            kInfinity);
  // A third is not exact in binary; its equality has to be.
  EXPECT_EQ(wasserstein_distance(std::vector<double>{1, 1, kInfinity},
                                 std::vector<double>{1, 1, 1, 1, kInfinity, kInfinity}),
            0);
}

TEST(EcdfDistanceTest, FewPointsAgainstManyValuesEqualTheWalk) {
  // A sketch that is still exact is the sample itself, so both ways must agree.
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    std::vector<double> points(1 + rng.below(60));
    std::vector<double> values(400 + rng.below(200));
    const bool has_ties = rng.below(2) == 0;
    for (double& value : points) {
      value = has_ties ? static_cast<double>(rng.below(9)) : rng.normal() + 0.3;
    }
    for (double& value : values) {
      value = has_ties ? static_cast<double>(rng.below(8)) : rng.normal();
    }
    KllSketch sketch;
    sketch.add(points);
    std::sort(points.begin(), points.end());
    std::sort(values.begin(), values.end());
    const EcdfDistance want = ecdf_distance(points, values);
    const EcdfDistance got = ecdf_distance(sketch.sample(), values);
    ASSERT_NEAR(got.supremum, want.supremum, 1e-12) << "seed " << seed;
    ASSERT_NEAR(got.area, want.area, 1e-10) << "seed " << seed;
  }
}

}  // namespace
}  // namespace temper::stats
