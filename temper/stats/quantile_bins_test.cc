#include "temper/stats/quantile_bins.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "temper/stats/category_table.h"

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> up_to(int last) {
  std::vector<double> values(static_cast<std::size_t>(last));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(QuantileBinsTest, TenBinsHoldATenthEach) {
  const auto values = up_to(1000);
  const auto bins = QuantileBins::from_sorted(values);
  EXPECT_EQ(bins.size(), 10U);
  EXPECT_EQ(bins.count(values), std::vector<std::uint64_t>(10, 100));
  EXPECT_EQ(bins.count_sorted(values), std::vector<std::uint64_t>(10, 100));
}

TEST(QuantileBinsTest, ABinOwnsItsUpperEdge) {
  const auto bins = QuantileBins::from_edges(std::vector<double>{1, 2}).value();
  EXPECT_EQ(bins.index(1), 0U);
  EXPECT_EQ(bins.index(1.0000001), 1U);
  EXPECT_EQ(bins.index(2), 1U);
  EXPECT_EQ(bins.index(kInfinity), 2U);
  EXPECT_EQ(bins.index(-kInfinity), 0U);
  EXPECT_EQ(bins.count(std::vector<double>{0, kNaN, 5}), (std::vector<std::uint64_t>{1, 0, 1}));
}

TEST(QuantileBinsTest, TiesLeaveFewerBins) {
  const std::vector<double> values = {0, 0, 0, 0, 0, 0, 0, 1, 1, 2};
  const auto bins = QuantileBins::from_sorted(values);
  EXPECT_EQ(bins.count_sorted(values), (std::vector<std::uint64_t>{7, 2, 1}));
}

TEST(QuantileBinsTest, MassAtTheMaximumHasABinOfItsOwn) {
  std::vector<double> values(100, 1.0);
  values[0] = values[1] = 0;
  const auto bins = QuantileBins::from_sorted(values);
  EXPECT_EQ(bins.count_sorted(values), (std::vector<std::uint64_t>{2, 98}));
}

TEST(QuantileBinsTest, AConstantHasBinsOnEitherSide) {
  const auto bins = QuantileBins::from_sorted(std::vector<double>(50, 3.0));
  EXPECT_EQ(bins.size(), 3U);
  EXPECT_EQ(bins.index(2.999), 0U);
  EXPECT_EQ(bins.index(3), 1U);
  EXPECT_EQ(bins.index(3.001), 2U);
}

TEST(QuantileBinsTest, AnEmptyOrInfiniteReferenceStillHasABin) {
  EXPECT_EQ(QuantileBins::from_sorted({}).size(), 1U);
  EXPECT_EQ(QuantileBins::from_sketch(KllSketch()).size(), 1U);
  const auto bins = QuantileBins::from_sorted(std::vector<double>(5, kInfinity));
  EXPECT_EQ(bins.count(std::vector<double>{1, kInfinity}), (std::vector<std::uint64_t>{1, 1}));
}

TEST(QuantileBinsTest, ASketchGivesTheSameBinsWhileItIsExact) {
  const auto values = up_to(400);
  KllSketch sketch;
  sketch.add(values);
  EXPECT_EQ(QuantileBins::from_sketch(sketch), QuantileBins::from_sorted(values));
  EXPECT_EQ(QuantileBins::from_sorted(values).count_sample(sketch.sample()),
            std::vector<std::uint64_t>(10, 40));
}

TEST(QuantileBinsTest, RefusesEdgesThatDoNotAscend) {
  EXPECT_FALSE(QuantileBins::from_edges(std::vector<double>{1, 1}));
  EXPECT_FALSE(QuantileBins::from_edges(std::vector<double>{1, kNaN}));
  EXPECT_FALSE(QuantileBins::from_edges(up_to(10)));
}

TEST(QuantileBinsTest, SurvivesItsBytes) {
  const auto bins = QuantileBins::from_sorted(up_to(30));
  ByteWriter out;
  bins.write(out);
  ByteReader in(out.bytes());
  EXPECT_EQ(QuantileBins::read(in).value(), bins);
}

TEST(CategoryTableTest, PoolsRareAndUnseenCategories) {
  const CategoryTable table(CategoryCounts{{"a", 500}, {"b", 490}, {"c", 10}, {"rare", 9}});
  // 9 of 1,009 are below 1 %, and so are 10.
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.index("rare"), 2U);
  EXPECT_EQ(table.index("never seen"), 2U);
  EXPECT_EQ(table.count(CategoryCounts{{"b", 3}, {"x", 4}, {"c", 1}}),
            (std::vector<std::uint64_t>{0, 3, 5}));
}

TEST(CategoryTableTest, AnEmptyReferencePoolsEverything) {
  const CategoryTable table(CategoryCounts{});
  EXPECT_EQ(table.count(CategoryCounts{{"a", 2}}), std::vector<std::uint64_t>{2});
}

TEST(CategoryTableTest, ExactlyOnePercentIsKept) {
  const CategoryTable table(CategoryCounts{{"a", 99}, {"b", 1}});
  EXPECT_EQ(table.size(), 3U);
}

}  // namespace
}  // namespace temper::stats
