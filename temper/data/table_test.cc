#include "temper/data/table.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace temper::data {
namespace {

TEST(TableTest, FindsColumnsByNameAndNamesThoseThereAre) {
  Table table;
  table.columns.push_back(Column::of_integers("a", {1}));
  table.columns.push_back(Column::of_strings("b", {"x"}));
  ASSERT_TRUE(table.column("b"));
  EXPECT_EQ((*table.column("b"))->text(0), "x");
  EXPECT_EQ(table.column("c").error().message, "there is no column 'c'; the columns are 'a', 'b'");
}

TEST(TableTest, CountsNullAndNanAsMissing) {
  Column column = Column::of_numbers("x", {1, std::nan(""), 3});
  column.present[2] = 0;
  EXPECT_FALSE(column.is_missing(0));
  EXPECT_EQ(column.missing_count(), 2U);
  EXPECT_TRUE(std::isnan(column.number(2)));
}

TEST(TableTest, TakesRowsInTheGivenOrderWithTheirMissingValues) {
  Table table;
  table.columns.push_back(Column::of_integers("a", {10, 11, 12}));
  table.columns[0].present[1] = 0;
  const std::array<std::size_t, 3> rows{2, 1, 2};
  const Table taken = table.take(rows);
  EXPECT_EQ(taken.columns[0].integer(0), 12);
  EXPECT_TRUE(taken.columns[0].is_missing(1));
  EXPECT_EQ(taken.rows(), 3U);
}

TEST(TableTest, ShowsValuesAsLabelsAreWritten) {
  EXPECT_EQ(Column::of_bools("b", {1}).display(0), "true");
  EXPECT_EQ(Column::of_integers("i", {-7}).display(0), "-7");
  EXPECT_EQ(Column::of_numbers("d", {0.1}).display(0), "0.1");
  EXPECT_EQ(Column::of_timestamps("t", {1'500'000'000}).display(0), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(Column::of_timestamps("t", {-1}).display(0), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace temper::data
