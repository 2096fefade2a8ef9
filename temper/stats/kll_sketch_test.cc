#include "temper/stats/kll_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "temper/core/rng.h"

namespace temper::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> normals(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values(count);
  for (double& value : values) value = rng.normal();
  return values;
}

/// Largest |cdf - true share| over a grid of true quantiles.
double worst_error(const KllSketch& sketch, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double worst = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const double value = values[i * values.size() / 1000];
    const auto rank = std::upper_bound(values.begin(), values.end(), value) - values.begin();
    const double share = static_cast<double>(rank) / static_cast<double>(values.size());
    worst = std::max(worst, std::abs(sketch.cdf(value) - share));
  }
  return worst;
}

TEST(KllSketchTest, IsExactWhileItsBufferHolds) {
  KllSketch sketch(256, 1);
  std::vector<double> values(500);
  std::iota(values.begin(), values.end(), 1.0);
  sketch.add(values);
  EXPECT_TRUE(sketch.is_exact());
  EXPECT_EQ(sketch.rank_error(), 0);
  EXPECT_EQ(sketch.rank(250), 250U);
  EXPECT_EQ(sketch.quantile(0.5), 250);
  EXPECT_EQ(sketch.quantile(0), 1);
  EXPECT_EQ(sketch.quantile(1), 500);
}

TEST(KllSketchTest, AnEmptySketchHasNoQuantile) {
  const KllSketch sketch;
  EXPECT_TRUE(sketch.is_empty());
  EXPECT_TRUE(std::isnan(sketch.quantile(0.5)));
  EXPECT_EQ(sketch.cdf(0), 0);
  EXPECT_TRUE(sketch.sample().values.empty());
  EXPECT_EQ(sketch.min(), kInfinity);
}

TEST(KllSketchTest, LeavesNaNOutAndKeepsInfinities) {
  KllSketch sketch(64, 1);
  for (int i = 0; i < 1000; ++i) {
    sketch.add(i % 4 == 0 ? kNaN : i % 4 == 1 ? kInfinity : i % 4 == 2 ? -kInfinity : 5.0);
  }
  EXPECT_EQ(sketch.missing(), 250U);
  EXPECT_EQ(sketch.count(), 750U);
  EXPECT_EQ(sketch.min(), -kInfinity);
  EXPECT_EQ(sketch.max(), kInfinity);
  EXPECT_NEAR(sketch.cdf(5), 2.0 / 3, sketch.uniform_rank_error());
}

TEST(KllSketchTest, AConstantStreamStaysConstant) {
  KllSketch sketch(64, 1);
  sketch.add(std::vector<double>(100'000, 3.5));
  const WeightedSample sample = sketch.sample();
  ASSERT_EQ(sample.values, std::vector<double>{3.5});
  EXPECT_EQ(sample.total(), 100'000U);
}

TEST(KllSketchTest, StaysWithinItsErrorBound) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto values = normals(50'000, seed);
    KllSketch sketch(KllSketch::kDefaultK, seed);
    sketch.add(values);
    EXPECT_LE(worst_error(sketch, values), sketch.uniform_rank_error()) << seed;
    EXPECT_LT(sketch.rank_error(), 0.025);
    EXPECT_LT(worst_error(sketch, values), 0.015) << seed;
  }
}

TEST(KllSketchTest, SortedAndReversedStreamsAreNoHarder) {
  auto values = normals(100'000, 4);
  std::sort(values.begin(), values.end());
  KllSketch ascending(256, 9);
  ascending.add(values);
  EXPECT_LE(worst_error(ascending, values), ascending.uniform_rank_error());
  std::reverse(values.begin(), values.end());
  KllSketch descending(256, 9);
  descending.add(values);
  EXPECT_LE(worst_error(descending, values), descending.uniform_rank_error());
}

TEST(KllSketchTest, MemoryDoesNotGrowWithTheStream) {
  KllSketch sketch(256, 3);
  for (int i = 0; i < 20; ++i) sketch.add(normals(100'000, static_cast<std::uint64_t>(i)));
  EXPECT_EQ(sketch.count(), 2'000'000U);
  EXPECT_LT(sketch.retained(), 3 * 256 + 512 + 100);
}

TEST(KllSketchTest, ASpanEqualsItsValuesOneByOne) {
  auto values = normals(10'000, 6);
  values[123] = kNaN;
  KllSketch whole(128, 5);
  whole.add(values);
  KllSketch one_by_one(128, 5);
  for (const double value : values) one_by_one.add(value);
  EXPECT_EQ(whole, one_by_one);
}

TEST(KllSketchTest, RefusesOtherVersionsAndBrokenBytes) {
  KllSketch sketch(64, 1);
  sketch.add(normals(5'000, 2));
  std::string bytes = sketch.serialise();
  ASSERT_EQ(KllSketch::parse(bytes).value(), sketch);
  EXPECT_FALSE(KllSketch::parse(bytes + "x"));
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(KllSketch::parse(std::string_view(bytes).substr(0, size))) << size;
  }
  bytes[0] = 2;
  EXPECT_NE(KllSketch::parse(bytes).error().message.find("format 2"), std::string::npos);
}

}  // namespace
}  // namespace temper::stats
