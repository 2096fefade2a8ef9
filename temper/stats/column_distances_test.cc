#include "temper/stats/column_distances.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "temper/core/rng.h"
#include "temper/stats/wasserstein.h"

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> without_nan_sorted(std::vector<double> values) {
  std::erase_if(values, [](double value) { return value != value; });
  std::sort(values.begin(), values.end());
  return values;
}

/// Samples that a radix sort could get wrong.
std::vector<double> draw(Rng& rng, std::uint64_t kind, std::size_t count) {
  std::vector<double> values(count);
  for (double& value : values) {
    switch (kind) {
      case 0:
        value = rng.normal();
        break;
      case 1:
        value = static_cast<double>(rng.below(5)) - 2;
        break;
      case 2:  // The highest 33 bits agree: only the low ones tell.
        value = 1 + static_cast<double>(rng.below(1000)) * 0x1p-52;
        break;
      case 3:
        value = std::exp(300 * rng.normal());
        break;
      case 4:  // A few clusters of close values, and special ones.
        value = static_cast<double>(rng.below(3)) * 1e9 + rng.uniform() * 1e-5;
        if (rng.below(20) == 0) value = kNaN;
        if (rng.below(20) == 0) value = rng.below(2) == 0 ? kInfinity : -kInfinity;
        break;
      default:
        value = rng.below(2) == 0 ? -0.0 : 5e-324 * static_cast<double>(rng.below(4));
    }
  }
  return values;
}

TEST(SorterTest, SortsEveryKindOfSample) {
  Sorter sorter;
  for (std::uint64_t seed = 0; seed < 180; ++seed) {
    Rng rng(seed);
    const auto values = draw(rng, seed % 6, rng.below(seed % 5 == 0 ? 30'000 : 700));
    const auto want = without_nan_sorted(values);
    const auto got = sorter.sort(values);
    ASSERT_TRUE(std::equal(got.begin(), got.end(), want.begin(), want.end())) << "seed " << seed;
    ASSERT_EQ(sorter.missing(), values.size() - want.size());
    auto in_place = values;
    std::erase_if(in_place, [](double value) { return value != value; });
    sort_short(in_place);
    ASSERT_EQ(in_place, want) << "seed " << seed;
  }
}

TEST(SorterTest, AnEmptySampleStaysEmpty) {
  Sorter sorter;
  EXPECT_TRUE(sorter.sort({}).empty());
  EXPECT_TRUE(sorter.sort(std::vector<double>(100, kNaN)).empty());
  EXPECT_EQ(sorter.missing(), 100U);
}

TEST(ColumnDistancesTest, EqualTheFunctionsOneByOne) {
  Rng rng(1);
  ColumnComparer comparer;
  for (std::uint64_t kind = 0; kind < 6; ++kind) {
    const auto reference = draw(rng, kind, 3000);
    const auto current = draw(rng, kind, 1777);
    const auto got = comparer.compare(reference, current);
    ASSERT_TRUE(got);
    const auto a = without_nan_sorted(reference);
    const auto b = without_nan_sorted(current);
    const auto ks = ks_2samp(a, b);
    EXPECT_EQ(got->ks.statistic, ks->statistic);
    EXPECT_EQ(got->ks.p_value, ks->p_value);
    EXPECT_EQ(got->wasserstein, wasserstein_distance(a, b));
    const auto bins = QuantileBins::from_sorted(a);
    EXPECT_EQ(got->psi, population_stability_index(bins.count(a), bins.count(b)).value());
  }
}

TEST(ColumnDistancesTest, AStoredReferenceIsNearTheRawOne) {
  Rng rng(2);
  const auto reference = draw(rng, 0, 50'000);
  auto current = draw(rng, 0, 20'000);
  for (double& value : current) value += 0.3;
  KllSketch sketch(1024, 1);
  sketch.add(reference);
  ColumnComparer comparer;
  const auto raw = comparer.compare(reference, current);
  const auto stored = comparer.compare(ReferenceColumn(sketch), current);
  ASSERT_TRUE(raw && stored);
  EXPECT_LE(std::abs(raw->ks.statistic - stored->ks.statistic), stored->ks.sketch_error);
  EXPECT_NEAR(stored->wasserstein, 0.3, 0.03);
  EXPECT_NEAR(stored->psi.psi, raw->psi.psi, 0.02);
}

TEST(ColumnDistancesTest, NothingToCompareGivesNothing) {
  ColumnComparer comparer;
  EXPECT_FALSE(comparer.compare(std::vector<double>{}, std::vector<double>{1}));
  EXPECT_FALSE(comparer.compare(std::vector<double>{1}, std::vector<double>{kNaN}));
  EXPECT_FALSE(comparer.compare(ReferenceColumn(KllSketch()), std::vector<double>{1}));
}

}  // namespace
}  // namespace temper::stats
