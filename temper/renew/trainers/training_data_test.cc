#include "temper/renew/trainers/training_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace temper::renew {
namespace {

using data::Column;
using data::Table;
using onnx_graph::TreeFeature;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Table flights() {
  Table table;
  table.columns.push_back(Column::of_integers("late", {0, 1, 0, 1, 1}));
  table.columns.push_back(Column::of_numbers("delay", {1, 20, kMissing, 30, 2}));
  table.columns.push_back(Column::of_strings("carrier", {"UA", "AA", "UA", "", "DL"}));
  table.columns.push_back(Column::of_timestamps("at", {50, 40, 30, 20, 10}));
  table.columns[2].present[3] = 0;
  return table;
}

TrainingData prepared(const Table& table, const TrainingDataConfig& config) {
  auto data = prepare_training_data(table, config);
  EXPECT_TRUE(data) << data.error().message;
  return data ? std::move(*data) : TrainingData{};
}

std::string error_of(const Table& table, const TrainingDataConfig& config) {
  const auto data = prepare_training_data(table, config);
  if (data) return "(none)";
  EXPECT_EQ(data.error().code, ErrorCode::kInvalidArgument) << data.error().message;
  return data.error().message;
}

void expect_mentions(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(TrainingDataTest, EncodesTextsAsIndicesOfTheirSortedValues) {
  const auto data = prepared(flights(), {.label = "late", .exclude = {"at"}});
  ASSERT_EQ(data.features.size(), 2U);
  EXPECT_EQ(data.features[1].kind, TreeFeature::Kind::kCategorical);
  EXPECT_EQ(data.features[1].categories, (std::vector<std::string>{"AA", "DL", "UA"}));
  EXPECT_EQ(data.values[1], 2) << "UA";
  EXPECT_EQ(data.values[3], 0) << "AA";
  EXPECT_TRUE(std::isnan(data.values[7])) << "no carrier";
  EXPECT_TRUE(std::isnan(data.values[4])) << "no delay";
}

TEST(TrainingDataTest, OrdersRowsByTimeAndKeepsTimeOutOfTheFeatures) {
  const auto data = prepared(flights(), {.label = "late", .time = "at"});
  EXPECT_EQ(data.table_rows, (std::vector<std::size_t>{4, 3, 2, 1, 0}));
  EXPECT_EQ(data.features.size(), 2U);
  EXPECT_EQ(data.labels, (std::vector<float>{1, 1, 0, 1, 0}));
}

TEST(TrainingDataTest, DropsAndCountsRowsWithoutLabelOrTime) {
  Table table = flights();
  table.columns[0].present[0] = 0;
  table.columns[3].present[1] = 0;
  const auto data = prepared(table, {.label = "late", .time = "at"});
  EXPECT_EQ(data.rows(), 3U);
  EXPECT_EQ(data.rows_without_label, 1U);
  EXPECT_EQ(data.rows_without_time, 1U);
}

TEST(TrainingDataTest, TellsTheTaskFromTheLabel) {
  Table table = flights();
  EXPECT_EQ(prepared(table, {.label = "late", .time = "at"}).task, Task::kClassification);
  EXPECT_EQ(prepared(table, {.label = "carrier", .time = "at"}).classes,
            (std::vector<std::string>{"AA", "DL", "UA"}));
  EXPECT_EQ(prepared(table, {.label = "delay", .time = "at"}).task, Task::kRegression);
  EXPECT_EQ(prepared(table, {.label = "late", .time = "at", .max_integer_classes = 1}).task,
            Task::kRegression);
}

TEST(TrainingDataTest, KeepsIntegerClassesThatDoNotCountFromZero) {
  Table table = flights();
  EXPECT_TRUE(prepared(table, {.label = "late", .time = "at"}).class_values.empty());
  table.columns[0] = Column::of_integers("late", {-1, 7, -1, 7, 7});
  const auto data = prepared(table, {.label = "late", .time = "at"});
  EXPECT_EQ(data.class_values, (std::vector<std::int64_t>{-1, 7}));
  EXPECT_EQ(data.classes, (std::vector<std::string>{"-1", "7"}));
  EXPECT_EQ(data.labels[0], 1);
}

TEST(TrainingDataTest, RefusesLabelsThatTeachNothing) {
  Table table = flights();
  expect_mentions(error_of(table, {.label = "arrival"}), "there is no column 'arrival'");
  expect_mentions(error_of(table, {.label = "at"}), "is a timestamp");
  expect_mentions(error_of(table, {.label = "carrier", .task = Task::kRegression}),
                  "which cannot be regressed");
  table.columns[0] = Column::of_integers("late", {1, 1, 1, 1, 1});
  expect_mentions(error_of(table, {.label = "late", .time = "at"}), "'1' in all of the 5 rows");
  table.columns[0].present.assign(5, 0);
  expect_mentions(error_of(table, {.label = "late", .time = "at"}), "no row is left");
}

TEST(TrainingDataTest, RefusesColumnsThatAreNoFeatures) {
  Table table = flights();
  expect_mentions(error_of(table, {.label = "late"}), "'at' is a timestamp");
  expect_mentions(error_of(table, {.label = "late", .columns = {"late"}}), "cannot be a feature");
  expect_mentions(error_of(table, {.label = "late", .exclude = {"nothing"}}),
                  "no column 'nothing'");
  expect_mentions(error_of(table, {.label = "late", .exclude = {"at", "delay", "carrier"}}),
                  "no column is left");
  expect_mentions(error_of(table, {.label = "late", .time = "at", .max_categories = 2}),
                  "looks like an identifier");
  expect_mentions(error_of(table, {.label = "late", .time = "carrier"}), "has the type string");
  table.columns[1] = Column::of_numbers("delay", std::vector<double>(5, kMissing));
  expect_mentions(error_of(table, {.label = "late", .time = "at"}),
                  "'delay' has no value in any of the 5 rows");
  table.columns[1] = Column::of_numbers("delay", {1, 2, 1e39, 4, 5});
  expect_mentions(error_of(table, {.label = "late", .time = "at"}), "1e+39 in row 3");
}

TEST(HoldOutTest, TakesTheLastRowsWhereTheyAreInTimeOrder) {
  Rng rng(1);
  const HoldOut split = hold_out(10, 0.2, true, rng);
  EXPECT_EQ(split.held_out, (std::vector<std::size_t>{8, 9}));
  EXPECT_EQ(split.train.size(), 8U);
}

TEST(HoldOutTest, TakesEachRowOnceWhereItIsRandomAndDependsOnTheSeed) {
  Rng rng(1);
  Rng same(1);
  Rng other(2);
  const HoldOut split = hold_out(1000, 0.3, false, rng);
  EXPECT_EQ(split.held_out.size(), 300U);
  std::set<std::size_t> all(split.train.begin(), split.train.end());
  all.insert(split.held_out.begin(), split.held_out.end());
  EXPECT_EQ(all.size(), 1000U);
  EXPECT_EQ(hold_out(1000, 0.3, false, same).held_out, split.held_out);
  EXPECT_NE(hold_out(1000, 0.3, false, other).held_out, split.held_out);
}

TEST(HoldOutTest, LeavesARowOnEachSide) {
  Rng rng(1);
  EXPECT_EQ(hold_out(2, 0.99, true, rng).train.size(), 1U);
  EXPECT_EQ(hold_out(3, 0.01, true, rng).held_out.size(), 1U);
  EXPECT_TRUE(hold_out(5, 0, true, rng).held_out.empty());
  EXPECT_TRUE(hold_out(1, 0.5, true, rng).held_out.empty());
}

}  // namespace
}  // namespace temper::renew
