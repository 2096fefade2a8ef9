#include "temper/model/reference/build.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace temper {
namespace {

using data::Column;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <typename Value>
std::vector<Value> repeat(std::vector<Value> values, std::size_t times) {
  std::vector<Value> all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

TEST(SummaryKindTest, ReadsTheKindFromTypeAndValues) {
  EXPECT_EQ(summary_kind(Column::of_bools("b", {0, 1})), SummaryKind::kCategorical);
  EXPECT_EQ(summary_kind(Column::of_numbers("x", {1, 2})), SummaryKind::kNumeric);
  EXPECT_EQ(summary_kind(Column::of_timestamps("t", {0, 1})), SummaryKind::kDatetime);
  EXPECT_EQ(summary_kind(Column::of_integers("few", repeat<std::int64_t>({1, 2, 3}, 20))),
            SummaryKind::kCategorical);
  EXPECT_EQ(summary_kind(Column::of_integers("rare", {1, 2, 3})), SummaryKind::kNumeric);
  EXPECT_EQ(summary_kind(Column::of_strings("s", {"UA", "DL", "UA"})), SummaryKind::kCategorical);
  std::vector<std::string> letters;
  for (char c = 'a'; c < 'k'; ++c) letters.push_back(std::string(40, c));
  EXPECT_EQ(summary_kind(Column::of_strings("text", letters)), SummaryKind::kText);
  EXPECT_EQ(summary_kind(Column::of_strings("same", repeat<std::string>({letters[0]}, 10))),
            SummaryKind::kCategorical);
}

TEST(ColumnNumbersTest, TextIsItsLengthInCharactersAndTimeIsSeconds) {
  EXPECT_EQ(
      column_numbers(Column::of_strings("s", {"abc", "\xc3\xa9\xc3\xa9"}), SummaryKind::kText),
      (std::vector<double>{3, 2}));
  EXPECT_EQ(column_numbers(Column::of_timestamps("t", {1'500'000'000}), SummaryKind::kDatetime),
            std::vector<double>{1.5});
  Column holes = Column::of_integers("i", {1, 2});
  holes.present[1] = 0;
  const auto values = column_numbers(holes, SummaryKind::kNumeric);
  EXPECT_EQ(values[0], 1);
  EXPECT_TRUE(std::isnan(values[1]));
}

TEST(CategoryKeyTest, LongTextsKeepTheirStartAndStayDistinct) {
  const std::string a(1000, 'a');
  EXPECT_EQ(category_key("UA"), "UA");
  EXPECT_LE(category_key(a).size(), ColumnSummary::kLongestCategory);
  EXPECT_NE(category_key(a), category_key(a + "b"));
}

TEST(SeasonalSlotTest, KnowsHoursAndWeekdaysAlsoBeforeTheEpoch) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  EXPECT_EQ(seasonal_slot(0).hour, 0U);
  EXPECT_EQ(seasonal_slot(0).weekday, 3U);  // 1970-01-01 was a Thursday
  EXPECT_EQ(seasonal_slot(-1).hour, 23U);
  EXPECT_EQ(seasonal_slot(-1).weekday, 2U);
  EXPECT_EQ(seasonal_slot(4 * 24 * kHour + 5 * kHour).weekday, 0U);
  EXPECT_EQ(seasonal_slot(4 * 24 * kHour + 5 * kHour).hour, 5U);
}

TEST(BuildReferenceTest, SummarisesEveryColumnButTheClockAndThoseExcluded) {
  data::Table table;
  table.columns = {Column::of_timestamps("time", {0, 3'600'000'000'000, 7'200'000'000'000}),
                   Column::of_numbers("x", {1, kNaN, 3}), Column::of_strings("c", {"a", "b", "a"}),
                   Column::of_bools("late", {0, 1, 0})};
  const auto reference = build_reference(table, {.time = "time", .exclude = {"late"}, .seed = 1});
  ASSERT_TRUE(reference) << reference.error().message;
  ASSERT_EQ(reference->features.size(), 2U);
  EXPECT_EQ(reference->clock->last_ns, 7'200'000'000'000);
  const ColumnSummary& x = *reference->feature("x");
  EXPECT_EQ(x.missing, 1U);
  EXPECT_EQ(x.moments.mean, 2);
  EXPECT_EQ(x.strata->by_hour[0], (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(x.strata->by_hour[1], (std::vector<std::uint64_t>{0, 0}));
  EXPECT_EQ(x.strata->by_weekday[3], (std::vector<std::uint64_t>{1, 1}));
  EXPECT_EQ(reference->feature("c")->categories.at("a"), 2U);
  EXPECT_EQ(reference->feature("late"), nullptr);
}

TEST(BuildReferenceTest, RefusesWhatItCannotSummarise) {
  data::Table table;
  EXPECT_FALSE(build_reference(table, {.time = {}, .exclude = {}}));
  table.columns = {Column::of_numbers("x", {1, 2})};
  EXPECT_FALSE(build_reference(table, {.time = "x", .exclude = {}}));
  EXPECT_FALSE(build_reference(table, {.time = "t", .exclude = {}}));
  EXPECT_FALSE(build_reference(table, {.time = {}, .exclude = {"y"}}));
  EXPECT_FALSE(build_reference(table, {.time = {}, .exclude = {"x"}}));
}

TEST(BuildReferenceTest, AColumnWithoutValuesIsASummaryToo) {
  data::Table table;
  table.columns = {Column::of_numbers("x", {kNaN, kNaN}), Column::of_strings("s", {"", ""})};
  table.columns[1].present = {0, 0};
  const auto reference = build_reference(table, {.time = {}, .exclude = {}});
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->features[0].missing_rate(), 1);
  EXPECT_EQ(parse_reference(serialise_reference(*reference)).value(), *reference);
}

TEST(BuildReferenceTest, ManyCategoriesAreBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 12'000; ++i) names.push_back("n" + std::to_string(i));
  const auto summary = summarise(Column::of_strings("s", names), SummaryKind::kCategorical, {}, 0);
  EXPECT_EQ(summary.categories.size(), ColumnSummary::kMostCategories);
  EXPECT_EQ(summary.other, 2'000U);
}

}  // namespace
}  // namespace temper
