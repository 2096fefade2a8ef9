#include "temper/stats/population_stability.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(PopulationStabilityTest, AgreesWithTheFormulaInNumpy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["binned"]) {
    const auto psi =
        population_stability_index(item["reference"].get<Counts>(), item["current"].get<Counts>());
    ASSERT_TRUE(psi);
    EXPECT_NEAR(psi->psi, item["psi"].get<double>(), 1e-12);
    EXPECT_NEAR(psi->corrected, item["corrected"].get<double>(), 1e-12);
  }
}

TEST(PopulationStabilityTest, EqualCountsAndOneSharedBinGiveZero) {
  EXPECT_EQ(population_stability_index(Counts{5, 7}, Counts{5, 7})->psi, 0);
  const auto constant = population_stability_index(Counts{0, 100, 0}, Counts{0, 7, 0});
  EXPECT_EQ(constant->psi, 0);
  EXPECT_EQ(constant->bins, 1U);
}

TEST(PopulationStabilityTest, IsSymmetric) {
  const Counts a = {40, 0, 9};
  const Counts b = {3, 8, 60};
  EXPECT_DOUBLE_EQ(population_stability_index(a, b)->psi, population_stability_index(b, a)->psi);
}

TEST(PopulationStabilityTest, RefusesEmptySamplesAndOtherBins) {
  EXPECT_EQ(population_stability_index(Counts{0, 0}, Counts{1, 1}).error().code,
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(population_stability_index(Counts{1, 1}, Counts{0, 0}).error().code,
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(population_stability_index(Counts{1}, Counts{1, 1}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(population_stability_index(Counts{}, Counts{}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(PopulationStabilityTest, TheCorrectionIsTheMeanUnderNoDrift) {
  // 400 pairs of samples of one distribution: the mean of psi minus its correction is near 0, where
  // psi alone has mean 9 (1/500 + 1/2000) = 0.0225 and a standard deviation of 0.0106.
  Rng rng(3);
  double sum = 0;
  constexpr int kPairs = 400;
  for (int pair = 0; pair < kPairs; ++pair) {
    Counts a(10);
    Counts b(10);
    for (int i = 0; i < 2000; ++i) ++a[rng.below(10)];
    for (int i = 0; i < 500; ++i) ++b[rng.below(10)];
    sum += population_stability_index(a, b)->psi - 9 * (1.0 / 2000 + 1.0 / 500);
  }
  EXPECT_NEAR(sum / kPairs, 0, 4 * 0.0106 / 20);
}

}  // namespace
}  // namespace temper::stats
