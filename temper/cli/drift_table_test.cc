#include "temper/cli/drift_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace temper::cli {
namespace {

data::Table table() {
  data::Table out;
  out.columns.push_back(data::Column::of_timestamps("at", {1, 2, 3}));
  out.columns.push_back(data::Column::of_integers("hour", {7, 8, 9}));
  out.columns.push_back(data::Column::of_numbers("delay", {0.5, NAN, 2}));
  out.columns.push_back(data::Column::of_strings("carrier", {"UA", "B6", ""}));
  out.columns.back().present[2] = 0;
  out.columns.push_back(data::Column::of_timestamps("landed", {5, 6, 7}));
  out.columns.push_back(data::Column::of_bools("late", {0, 1, 1}));
  return out;
}

TEST(DriftTableTest, TakesNumbersAndCategoriesAndNamesWhatItLeavesOut) {
  const auto drift = DriftTable::of(table(), "at");
  ASSERT_TRUE(drift.has_value());
  const auto rows = drift->rows();
  EXPECT_EQ(rows.time_ns.size(), 3U);
  ASSERT_EQ(rows.columns.size(), 4U);
  EXPECT_EQ(rows.columns[0].name, "hour");
  EXPECT_EQ(rows.columns[0].values.numbers[2], 9);
  EXPECT_TRUE(std::isnan(rows.columns[1].values.numbers[1]));
  EXPECT_EQ(rows.columns[2].values.categories[0], drift::category_id("UA"));
  EXPECT_EQ(rows.columns[2].values.categories[2], 0U);
  EXPECT_EQ(rows.columns[3].values.numbers[1], 1);
  EXPECT_EQ(drift->left_out(), std::vector<std::string>{"landed"});
}

TEST(DriftTableTest, WithoutATimeColumnThereIsNoClock) {
  const auto drift = DriftTable::of(table(), "");
  ASSERT_TRUE(drift.has_value());
  EXPECT_TRUE(drift->rows().time_ns.empty());
  EXPECT_EQ(drift->left_out().size(), 2U);
}

TEST(DriftTableTest, RefusesATimeThatIsNone) {
  EXPECT_FALSE(DriftTable::of(table(), "when").has_value());
  EXPECT_FALSE(DriftTable::of(table(), "carrier").has_value());
  auto holes = table();
  holes.columns[0].present[1] = 0;
  EXPECT_FALSE(DriftTable::of(holes, "at").has_value());
  data::Table only_time;
  only_time.columns.push_back(data::Column::of_timestamps("at", {1}));
  EXPECT_FALSE(DriftTable::of(only_time, "at").has_value());
}

}  // namespace
}  // namespace temper::cli
