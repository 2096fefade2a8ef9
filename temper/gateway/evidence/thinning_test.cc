#include "temper/gateway/evidence/thinning.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"

namespace temper::gateway {
namespace {

constexpr std::size_t kCapacity = 1'000;

TEST(ThinningTest, KeepsEverythingWhileThereIsRoom) {
  Thinning thinning(kCapacity);
  Rng rng(1);
  for (int k = 0; k < 10'000; ++k) EXPECT_TRUE(thinning.keeps(rng(), kCapacity / 2));
  EXPECT_EQ(thinning.rate(), 1);
}

TEST(ThinningTest, HalvesStepByStepAndComesBack) {
  Thinning thinning(kCapacity);
  (void)thinning.keeps(0, kCapacity);
  EXPECT_EQ(thinning.rate(), 0.5);
  for (std::uint32_t k = 1; k < Thinning::kSettle; ++k) (void)thinning.keeps(0, kCapacity);
  EXPECT_EQ(thinning.rate(), 0.5) << "the effect of a step is awaited";
  (void)thinning.keeps(0, kCapacity);
  EXPECT_EQ(thinning.rate(), 0.25);
  for (std::uint32_t k = 0; k < 2 * Thinning::kSettle; ++k) (void)thinning.keeps(0, kCapacity / 3);
  EXPECT_EQ(thinning.rate(), 0.25) << "between a quarter and a half nothing changes";
  for (std::uint32_t k = 0; k < 3 * Thinning::kSettle; ++k) (void)thinning.keeps(0, 0);
  EXPECT_EQ(thinning.rate(), 1);
}

TEST(ThinningTest, KeepsTheShareThatItSays) {
  Thinning thinning(kCapacity);
  Rng rng(2);
  for (int k = 0; k < 10'000; ++k) {
    (void)thinning.keeps(rng(), thinning.rate() > 0.125 ? kCapacity : kCapacity / 3);
  }
  ASSERT_EQ(thinning.rate(), 0.125);
  int kept = 0;
  constexpr int kOffers = 100'000;
  for (int k = 0; k < kOffers; ++k) kept += thinning.keeps(rng(), kCapacity / 3) ? 1 : 0;
  // Five standard deviations of a binomial count.
  EXPECT_NEAR(kept, kOffers / 8.0, 5 * 105);
}

TEST(ThinningTest, NeverStopsAltogether) {
  Thinning thinning(kCapacity);
  for (std::uint32_t k = 0; k < 100 * Thinning::kSettle; ++k) {
    EXPECT_TRUE(thinning.keeps(0, kCapacity)) << "the smallest hash is always kept";
  }
  EXPECT_EQ(thinning.rate(), 1.0 / (1 << Thinning::kMostHalvings));
}

}  // namespace
}  // namespace temper::gateway
