#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/profile/units.h"

namespace temper::profile {
namespace {

constexpr std::uint64_t kSeed = 20'130'101;

/// Values of every magnitude, many of them multiples of a unit.
std::uint64_t any_quantity(Rng& rng) {
  constexpr std::uint64_t kFactors[] = {1, 1'000, 1'024};
  return (rng() >> (20 + rng.below(44))) * kFactors[rng.below(3)] % (std::uint64_t{1} << 62);
}

TEST(UnitsPropertyTest, EveryDurationReadsBackFromItsText) {
  Rng rng(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    const Duration duration(static_cast<std::int64_t>(any_quantity(rng)));
    EXPECT_EQ(parse_duration(duration_text(duration)), duration)
        << duration.count() << " seed " << kSeed << " round " << round;
  }
}

TEST(UnitsPropertyTest, EverySizeReadsBackFromItsText) {
  Rng rng(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t bytes = any_quantity(rng);
    EXPECT_EQ(parse_size(size_text(bytes)), bytes)
        << bytes << " seed " << kSeed << " round " << round;
  }
}

}  // namespace
}  // namespace temper::profile
