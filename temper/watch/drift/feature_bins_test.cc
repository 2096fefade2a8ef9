#include "temper/watch/drift/feature_bins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "temper/watch/drift/season.h"

namespace temper::drift {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint8_t> codes_of(const FeatureBins& bins, const std::vector<double>& values) {
  std::vector<std::uint8_t> codes(values.size());
  bins.encode({.numbers = values, .categories = {}}, codes);
  return codes;
}

FeatureBins bins_of(const std::vector<double>& values) {
  return FeatureBins::of_column("x", Role::kCovariate, {.numbers = values, .categories = {}});
}

TEST(FeatureBinsTest, TenBinsHoldATenthOfTheReferenceEach) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(i);
  const auto bins = bins_of(values);
  EXPECT_EQ(bins.value_bins(), 10U);
  std::vector<int> counts(bins.bins(), 0);
  for (const auto code : codes_of(bins, values)) ++counts[code];
  for (std::size_t b = 0; b < 10; ++b) EXPECT_NEAR(counts[b], 100, 1) << b;
  EXPECT_EQ(counts[bins.missing_bin()], 0);
}

TEST(FeatureBinsTest, AValueOnAnEdgeBelongsToTheLowerBin) {
  const auto bins = bins_of({0, 1});
  EXPECT_THAT(codes_of(bins, {-1, 0, 0.5, 1, 2}), ElementsAre(0, 0, 1, 1, 1));
}

TEST(FeatureBinsTest, MissingAndInfiniteValuesHaveTheirPlaces) {
  const auto bins = bins_of({1, 2, 3, NAN});
  const double inf = std::numeric_limits<double>::infinity();
  const auto codes = codes_of(bins, {NAN, -inf, inf});
  EXPECT_EQ(codes[0], bins.missing_bin());
  EXPECT_EQ(codes[1], 0);
  EXPECT_EQ(codes[2], bins.value_bins() - 1);
}

TEST(FeatureBinsTest, ConstantAndEmptyColumnsAreUsable) {
  EXPECT_EQ(bins_of({7, 7, 7}).value_bins(), 2U);
  EXPECT_EQ(bins_of({NAN, NAN}).value_bins(), 1U);
  EXPECT_EQ(bins_of({}).value_bins(), 1U);
}

TEST(FeatureBinsTest, RareAndUnseenCategoriesShareABin) {
  std::vector<std::uint64_t> values(500, category_id("a"));
  values.insert(values.end(), 497, category_id("b"));
  values.insert(values.end(), 3, category_id("rare"));
  const auto bins =
      FeatureBins::of_column("c", Role::kCovariate, {.numbers = {}, .categories = values});
  const std::vector<std::uint64_t> asked{category_id("a"), category_id("b"), category_id("rare"),
                                         category_id("new"), category_id("")};
  std::vector<std::uint8_t> codes(asked.size());
  bins.encode({.numbers = {}, .categories = asked}, codes);
  EXPECT_THAT(codes, ElementsAre(0, 1, 2, 2, 3));
}

TEST(FeatureBinsTest, BytesGiveTheSameBinsBackAndDamageIsRefused) {
  const auto bins = bins_of({5, 4, 3, 2, 1});
  stats::ByteWriter out;
  bins.write(out);
  stats::ByteReader in(out.bytes());
  EXPECT_EQ(FeatureBins::read(in).value(), bins);
  for (std::size_t cut = 0; cut < out.bytes().size(); ++cut) {
    stats::ByteReader damaged(std::string_view(out.bytes()).substr(0, cut));
    EXPECT_FALSE(FeatureBins::read(damaged).has_value()) << cut;
  }
}

TEST(SeasonTest, HoursOfTheWeekWrapAroundAndBefore1970) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  const auto week = Season::of_period(7 * 24 * kHour);
  EXPECT_EQ(week.slots, 168U);
  EXPECT_EQ(week.slot(0), 0U);
  EXPECT_EQ(week.slot(kHour), 1U);
  EXPECT_EQ(week.slot(168 * kHour + 5), 0U);
  EXPECT_EQ(week.slot(-1), 167U);
  EXPECT_EQ(Season::of_period(0).slot(123), 0U);
}

}  // namespace
}  // namespace temper::drift
