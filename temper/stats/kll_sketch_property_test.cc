// Merging, bytes and hostile bytes of the quantile sketch, over many seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "temper/core/rng.h"
#include "temper/stats/kll_sketch.h"

namespace temper::stats {
namespace {

std::vector<double> draw(Rng& rng, std::size_t count) {
  const std::uint64_t kind = rng.below(3);
  std::vector<double> values(count);
  for (double& value : values) {
    value = kind == 0   ? rng.normal()
            : kind == 1 ? static_cast<double>(rng.below(7))
                        : std::exp(10 * rng.normal());
  }
  return values;
}

TEST(KllSketchPropertyTest, AMergeOfAnyPartsStaysWithinItsBound) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    KllSketch merged(32 + static_cast<std::uint32_t>(rng.below(200)), seed);
    std::vector<double> all;
    const std::uint64_t parts = 1 + rng.below(12);
    for (std::uint64_t part = 0; part < parts; ++part) {
      KllSketch sketch(32 + static_cast<std::uint32_t>(rng.below(200)), rng());
      const auto values = draw(rng, rng.below(4000));
      sketch.add(values);
      merged.merge(sketch);
      all.insert(all.end(), values.begin(), values.end());
    }
    std::sort(all.begin(), all.end());
    ASSERT_EQ(merged.count(), all.size()) << "seed " << seed;
    ASSERT_EQ(merged.sample().total(), all.size()) << "seed " << seed;
    if (all.empty()) continue;
    EXPECT_EQ(merged.min(), all.front());
    EXPECT_EQ(merged.max(), all.back());
    const double bound = merged.uniform_rank_error(1e-4);
    for (std::size_t i = 0; i < all.size(); i += 1 + all.size() / 97) {
      const auto rank = std::upper_bound(all.begin(), all.end(), all[i]) - all.begin();
      const double share = static_cast<double>(rank) / static_cast<double>(all.size());
      ASSERT_LE(std::abs(merged.cdf(all[i]) - share), bound) << "seed " << seed;
    }
  }
}

TEST(KllSketchPropertyTest, AParsedSketchGoesOnLikeTheOriginal) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    KllSketch original(16 + static_cast<std::uint32_t>(rng.below(300)), seed);
    original.add(draw(rng, rng.below(9000)));
    auto parsed = KllSketch::parse(original.serialise());
    ASSERT_TRUE(parsed) << "seed " << seed << ": " << parsed.error().message;
    const auto more = draw(rng, rng.below(5000));
    original.add(more);
    parsed->add(more);
    ASSERT_EQ(original, *parsed) << "seed " << seed;
  }
}

TEST(KllSketchPropertyTest, ChangedBytesAreRefusedOrGiveASoundSketch) {
  Rng rng(11);
  KllSketch sketch(32, 1);
  sketch.add(draw(rng, 3000));
  const std::string bytes = sketch.serialise();
  for (int round = 0; round < 3000; ++round) {
    std::string changed = bytes;
    for (std::uint64_t i = 0; i <= rng.below(3); ++i) {
      changed[rng.below(changed.size())] = static_cast<char>(rng.below(256));
    }
    const auto parsed = KllSketch::parse(changed);
    if (!parsed) continue;
    const WeightedSample sample = parsed->sample();
    ASSERT_TRUE(std::is_sorted(sample.values.begin(), sample.values.end()));
    ASSERT_TRUE(std::is_sorted(sample.cumulative.begin(), sample.cumulative.end()));
    ASSERT_EQ(sample.total(), parsed->count());
    KllSketch grown = *parsed;
    grown.add(std::vector<double>(500, 1.0));
    ASSERT_EQ(grown.count(), parsed->count() + 500);
  }
}

}  // namespace
}  // namespace temper::stats
