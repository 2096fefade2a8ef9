#include "temper/watch/comparison/comparison.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "temper/core/rng.h"
#include "temper/model/reference/build.h"
#include "temper/watch/comparison/json.h"
#include "temper/watch/comparison/text.h"

namespace temper::comparison {
namespace {

using data::Column;
using data::Table;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> normals(std::uint64_t seed, std::size_t rows, double mean) {
  Rng rng(seed);
  std::vector<double> values(rows);
  for (double& value : values) value = rng.normal() + mean;
  return values;
}

Table table_of(std::vector<Column> columns) {
  Table table;
  table.columns = std::move(columns);
  return table;
}

ColumnComparison compare_one(const Column& reference, const Column& current) {
  const auto result = compare(table_of({reference}), table_of({current}), {});
  return result.value().columns.at(0);
}

TEST(ComparisonTest, AShiftDriftsAndTheSameDistributionDoesNot) {
  const Table reference = table_of({Column::of_numbers("moved", normals(1, 3'000, 0)),
                                    Column::of_numbers("still", normals(2, 3'000, 0))});
  const Table current = table_of({Column::of_numbers("moved", normals(3, 2'000, 1)),
                                  Column::of_numbers("still", normals(4, 2'000, 0))});
  const auto result = compare(reference, current, {});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->drift);
  EXPECT_EQ(result->columns[0].verdict, Verdict::kDrift);
  EXPECT_EQ(result->columns[1].verdict, Verdict::kStable);
  EXPECT_EQ(result->score, result->columns[0].psi->corrected);
  EXPECT_EQ(result->ranked()[0]->name, "moved");
  EXPECT_NEAR(*result->columns[0].wasserstein_normalised, 1, 0.1);
}

TEST(ComparisonTest, AStoredReferenceGivesNearlyTheSame) {
  const Table reference = table_of({Column::of_numbers("x", normals(1, 30'000, 0))});
  const Table current = table_of({Column::of_numbers("x", normals(2, 5'000, 0.5))});
  const auto raw = compare(reference, current, {}).value();
  const auto stored =
      compare(build_reference(reference, {.time = {}, .exclude = {}}).value(), current, {}).value();
  // Bins and their counts are stored exactly; only what comes from the sketch differs.
  EXPECT_EQ(stored.score, raw.score);
  EXPECT_NEAR(stored.columns[0].ks->statistic, raw.columns[0].ks->statistic,
              stored.columns[0].ks->sketch_error);
}

TEST(ComparisonTest, ConstantsAreStableUntilTheyChange) {
  const auto constant = Column::of_numbers("c", std::vector<double>(600, 5.0));
  EXPECT_EQ(compare_one(constant, constant).verdict, Verdict::kStable);
  EXPECT_EQ(compare_one(constant, Column::of_numbers("c", std::vector<double>(600, 6.0))).verdict,
            Verdict::kDrift);
}

TEST(ComparisonTest, ColumnsWithoutValuesGetAVerdict) {
  const auto empty = Column::of_numbers("x", std::vector<double>(50, kNaN));
  const auto full = Column::of_numbers("x", normals(1, 50, 0));
  EXPECT_EQ(compare_one(empty, empty).verdict, Verdict::kNoValues);
  EXPECT_EQ(compare_one(empty, full).verdict, Verdict::kNoReferenceValues);
  const auto vanished = compare_one(full, empty);
  EXPECT_EQ(vanished.verdict, Verdict::kNoCurrentValues);
  EXPECT_FALSE(vanished.psi);
  EXPECT_LT(*vanished.missing_p_value, 1e-6);
}

TEST(ComparisonTest, UnseenCategoriesArePooledAndNamed) {
  std::vector<std::string> before(1'000, "UA");
  std::vector<std::string> after(1'000, "UA");
  for (std::size_t i = 0; i < 400; ++i) before[i] = "DL";
  for (std::size_t i = 0; i < 400; ++i) after[i] = "new";
  const auto result = compare_one(Column::of_strings("c", before), Column::of_strings("c", after));
  EXPECT_EQ(result.kind, SummaryKind::kCategorical);
  EXPECT_EQ(result.verdict, Verdict::kDrift);
  EXPECT_EQ(result.unseen_rows, 400U);
  ASSERT_EQ(result.unseen.size(), 1U);
  EXPECT_EQ(result.unseen[0].first, "new");
  EXPECT_FALSE(result.ks);
  EXPECT_LT(result.chi_square->p_value, 1e-10);
}

TEST(ComparisonTest, ManyRareCategoriesCarryANote) {
  std::vector<std::string> names;
  for (int i = 0; i < 600; ++i) names.push_back("tail" + std::to_string(i));
  const auto column = Column::of_strings("tailnum", names);
  EXPECT_NE(compare_one(column, column).note.find("1 %"), std::string::npos);
}

TEST(ComparisonTest, ATypeThatChangedDriftsButOneStrayWordDoesNot) {
  const auto result = compare_one(Column::of_numbers("x", normals(1, 600, 0)),
                                  Column::of_strings("x", std::vector<std::string>(600, "n/a")));
  EXPECT_EQ(result.kind, SummaryKind::kCategorical);
  EXPECT_EQ(result.verdict, Verdict::kDrift);
  EXPECT_NE(result.note.find("double to string"), std::string::npos);
  std::vector<std::string> numbers(600, "1.5");
  numbers[7] = "unknown";
  EXPECT_EQ(
      compare_one(Column::of_numbers("x", normals(1, 600, 0)), Column::of_strings("x", numbers))
          .verdict,
      Verdict::kStable);
}

TEST(ComparisonTest, TextsInANumericReferenceCountAsMissing) {
  const auto reference = build_reference(table_of({Column::of_numbers("x", normals(1, 600, 0))}),
                                         {.time = {}, .exclude = {}});
  const auto result =
      compare(*reference,
              table_of({Column::of_strings("x", std::vector<std::string>(600, "word"))}), {})
          .value();
  EXPECT_EQ(result.columns[0].verdict, Verdict::kNoCurrentValues);
  EXPECT_FALSE(result.columns[0].note.empty());
}

TEST(ComparisonTest, AnAdvancingClockIsNoDrift) {
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;
  for (std::int64_t i = 0; i < 1'000; ++i) {
    before.push_back(i * 1'000'000'000);
    after.push_back((i + 2'000) * 1'000'000'000);
  }
  const auto result = compare(table_of({Column::of_timestamps("t", before)}),
                              table_of({Column::of_timestamps("t", after)}), {});
  EXPECT_EQ(result->columns[0].verdict, Verdict::kClock);
  EXPECT_FALSE(result->drift);
  EXPECT_EQ(result->score, 0);
}

TEST(ComparisonTest, ATimeColumnGivesATrend) {
  std::vector<std::int64_t> time;
  std::vector<double> values = normals(2, 2'000, 0);
  for (std::int64_t i = 0; i < 4'000; ++i) time.push_back((4'000 - i) * 1'000'000'000);
  const auto later = normals(3, 2'000, 1);
  // Rows lie in reverse order of time: the shifted half comes first.
  values.insert(values.begin(), later.begin(), later.end());
  const auto result =
      compare(table_of({Column::of_numbers("x", normals(1, 3'000, 0))}),
              table_of({Column::of_timestamps("time", time), Column::of_numbers("x", values)}),
              {.columns = {}, .time = "time"});
  ASSERT_TRUE(result && result->trend);
  ASSERT_EQ(result->trend->blocks.size(), 8U);
  EXPECT_LT(result->trend->blocks.front().scores[0], 0.1);
  EXPECT_GT(result->trend->blocks.back().scores[0], 0.5);
  EXPECT_TRUE(result->only_in_current.empty());
}

TEST(ComparisonTest, RefusesColumnsThatAreNotThere) {
  const Table table = table_of({Column::of_numbers("x", {1, 2})});
  EXPECT_FALSE(compare(table, table, {.columns = {"y"}, .time = {}}));
  EXPECT_FALSE(compare(table, table, {.columns = {}, .time = "x"}));
  EXPECT_FALSE(compare(table, table_of({Column::of_numbers("y", {1})}), {}));
}

TEST(ComparisonTest, EmptyTablesAndTinyOnesAreNoError) {
  const Table none = table_of({Column::of_numbers("x", {})});
  const Table one = table_of({Column::of_numbers("x", {1})});
  EXPECT_EQ(compare(none, none, {})->columns[0].verdict, Verdict::kNoValues);
  EXPECT_EQ(compare(one, one, {})->columns[0].verdict, Verdict::kStable);
  EXPECT_FALSE(compare(one, one, {})->notes.empty());
}

TEST(ComparisonJsonTest, HasTheDocumentedFieldsAndOnlyValidNumbers) {
  auto values = normals(1, 700, 0);
  values[3] = kInfinity;
  values[4] = kNaN;
  const Table reference = table_of({Column::of_numbers("a\"b\n", normals(2, 700, 0)),
                                    Column::of_bools("flag", std::vector<std::uint8_t>(700, 1))});
  const Table current = table_of({Column::of_numbers("a\"b\n", values),
                                  Column::of_bools("flag", std::vector<std::uint8_t>(700, 0))});
  const auto result = compare(reference, current, {}).value();
  const auto json = nlohmann::json::parse(to_json(result));
  EXPECT_TRUE(json["drift"].get<bool>());
  EXPECT_TRUE(json["drift_score"].is_number());
  ASSERT_EQ(json["columns"].size(), 2U);
  const auto& first = json["columns"][0];
  EXPECT_EQ(first["name"], "a\"b\n");
  EXPECT_EQ(first["type"], "numeric");
  EXPECT_TRUE(first["ks"]["statistic"].is_number());
  EXPECT_TRUE(first["ks"]["p_value"].is_number());
  EXPECT_TRUE(first["psi"].is_number());
  EXPECT_TRUE(first["js"].is_number());
  EXPECT_TRUE(first["wasserstein"].is_null());  // infinite
  EXPECT_TRUE(json["columns"][1]["ks"].is_null());
  EXPECT_EQ(json["columns"][1]["unseen"]["rows"], 700);
  EXPECT_NE(to_text(result).find("DRIFT"), std::string::npos);
}

TEST(ComparisonPropertyTest, RandomTablesOfEveryKindNeverBreakIt) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng(seed);
    const auto column = [&](std::size_t rows) {
      Column made;
      switch (rng.below(5)) {
        case 0:
          made = Column::of_numbers("x", normals(rng(), rows, 0));
          if (rows > 0 && rng.below(2) == 0) {
            std::get<std::vector<double>>(made.values)[0] = rng.below(2) == 0 ? kInfinity : kNaN;
          }
          break;
        case 1:
          made = Column::of_integers("x", std::vector<std::int64_t>(rows, 7));
          break;
        case 2:
          made = Column::of_strings("x", std::vector<std::string>(rows, std::string(50, 'z')));
          break;
        case 3:
          made = Column::of_bools("x", std::vector<std::uint8_t>(rows, 1));
          break;
        default:
          made = Column::of_timestamps("x", std::vector<std::int64_t>(rows, -5));
      }
      if (rng.below(3) == 0) made.present.assign(rows, 0);
      return made;
    };
    const Table reference = table_of({column(rng.below(40))});
    const Table current = table_of({column(rng.below(40))});
    const auto raw = compare(reference, current, {});
    ASSERT_TRUE(raw) << "seed " << seed;
    ASSERT_TRUE(nlohmann::json::accept(to_json(*raw))) << "seed " << seed;
    const auto stored = build_reference(reference, {.time = {}, .exclude = {}});
    if (!stored) continue;
    const auto against = compare(*stored, current, {});
    ASSERT_TRUE(against) << "seed " << seed;
    ASSERT_TRUE(nlohmann::json::accept(to_json(*against))) << "seed " << seed;
  }
}

}  // namespace
}  // namespace temper::comparison
