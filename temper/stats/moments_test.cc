#include "temper/stats/moments.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "temper/core/rng.h"
#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(MomentsTest, AgreesWithNumpy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["two_samples"]) {
    if (!item.contains("moments")) continue;
    for (int side = 0; side < 2; ++side) {
      const auto values = golden_sample(item[side == 0 ? "reference" : "current"]);
      Moments moments;
      moments.add(std::span<const double>(values));
      const auto& want = item["moments"][static_cast<std::size_t>(side)];
      EXPECT_EQ(moments.count, want[0].get<std::uint64_t>());
      EXPECT_NEAR(moments.mean, want[1].get<double>(), 1e-12 * std::abs(moments.max))
          << item["name"];
      EXPECT_NEAR(moments.variance(), want[2].get<double>(), 1e-9 * moments.variance());
      EXPECT_EQ(moments.min, want[3].get<double>());
      EXPECT_EQ(moments.max, want[4].get<double>());
    }
  }
}

TEST(MomentsTest, CountsMissingAndInfiniteValuesApart) {
  Moments moments;
  moments.add(std::vector<double>{1, kNaN, 3, kInfinity, -kInfinity});
  EXPECT_EQ(moments.count, 2U);
  EXPECT_EQ(moments.missing, 1U);
  EXPECT_EQ(moments.infinite, 2U);
  EXPECT_EQ(moments.mean, 2);
  EXPECT_EQ(moments.min, -kInfinity);
  EXPECT_EQ(moments.max, kInfinity);
  EXPECT_DOUBLE_EQ(moments.missing_rate(), 0.2);
}

TEST(MomentsTest, EmptyAndSingleSamplesHaveNoVariance) {
  Moments moments;
  EXPECT_EQ(moments.missing_rate(), 0);
  EXPECT_EQ(moments.variance(), 0);
  EXPECT_EQ(moments.min, kInfinity);
  moments.add(7.0);
  EXPECT_EQ(moments.variance(), 0);
  EXPECT_EQ(moments.mean, 7);
}

TEST(MomentsTest, ASpanEqualsItsValuesAndAMergeEqualsTheWhole) {
  Rng rng(5);
  std::vector<double> values(5000);
  for (double& value : values) value = 1e6 + rng.normal();
  values[17] = kNaN;
  values[2000] = kInfinity;
  Moments one_by_one;
  for (const double value : values) one_by_one.add(value);
  Moments whole;
  whole.add(std::span<const double>(values));
  Moments merged;
  merged.merge(Moments{});
  Moments second;
  merged.add(std::span<const double>(values).first(1234));
  second.add(std::span<const double>(values).subspan(1234));
  merged.merge(second);
  for (const Moments& moments : {whole, merged}) {
    EXPECT_EQ(moments.count, one_by_one.count);
    EXPECT_EQ(moments.missing, 1U);
    EXPECT_EQ(moments.infinite, 1U);
    EXPECT_NEAR(moments.mean, one_by_one.mean, 1e-9);
    // The values are 1e6 times their spread; Welford keeps about ten digits of the variance.
    EXPECT_NEAR(moments.variance(), one_by_one.variance(), 1e-8);
  }
}

TEST(MomentsTest, SurvivesItsBytesAndRefusesImpossibleOnes) {
  Moments moments;
  moments.add(std::vector<double>{1, 2, kNaN, 8});
  ByteWriter out;
  moments.write(out);
  ByteReader in(out.bytes());
  EXPECT_EQ(Moments::read(in).value(), moments);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    ByteReader cut(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(Moments::read(cut)) << size;
  }
  moments.m2 = -1;
  ByteWriter broken;
  moments.write(broken);
  ByteReader reader(broken.bytes());
  EXPECT_EQ(Moments::read(reader).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::stats
