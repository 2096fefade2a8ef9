#include "temper/cli/client/labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>

namespace temper::client {
namespace {

using data::Column;

template <typename T>
oip::NamedTensor output(const char* name, DataType type, Shape shape, std::vector<T> values) {
  return {.name = name,
          .tensor = Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(values)))};
}

PredictionColumns predictions_of(std::vector<oip::NamedTensor> outputs, std::size_t rows) {
  oip::InferReply reply;
  reply.outputs = std::move(outputs);
  auto columns = PredictionColumns::create(reply, rows);
  EXPECT_TRUE(columns->put(reply, 0, rows));
  return std::move(*columns);
}

TEST(LabelsTest, ScoresLabelAndProbabilityOutputs) {
  const auto predictions = predictions_of(
      {output<std::int64_t>("label", DataType::kInt64, {2}, {1, 0}),
       output<float>("probabilities", DataType::kFp32, {2, 2}, {.25F, .75F, .5F, .5F})},
      2);
  const auto board = score_labels(Column::of_integers("late", {1, 1}), nullptr, predictions, {});
  ASSERT_TRUE(board);
  EXPECT_DOUBLE_EQ(board->overall.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(*board->overall.log_loss(), -(std::log(0.75) + std::log(0.5)) / 2);
}

TEST(LabelsTest, AloneTheProbabilitiesGiveTheClass) {
  const auto predictions = predictions_of(
      {output<float>("p", DataType::kFp32, {2, 3}, {.2F, .5F, .3F, .4F, .2F, .4F})}, 2);
  const auto board =
      score_labels(Column::of_strings("kind", {"b", "a"}), nullptr, predictions,
                   {.label_output = {}, .probability_output = {}, .classes = {"a", "b", "c"}});
  ASSERT_TRUE(board);
  EXPECT_DOUBLE_EQ(board->overall.accuracy(), 1);
}

TEST(LabelsTest, OneColumnIsTheProbabilityOfClassOne) {
  const auto predictions =
      predictions_of({output<float>("p", DataType::kFp32, {2, 1}, {.75F, .75F})}, 2);
  const auto board = score_labels(Column::of_bools("late", {1, 0}), nullptr, predictions, {});
  ASSERT_TRUE(board);
  EXPECT_DOUBLE_EQ(board->overall.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(*board->overall.log_loss(), -(std::log(0.75) + std::log(0.25)) / 2);
}

TEST(LabelsTest, LeavesOutEventsWithoutALabel) {
  const auto predictions =
      predictions_of({output<std::int64_t>("label", DataType::kInt64, {2}, {1, 0})}, 2);
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto board =
      score_labels(Column::of_numbers("late", {1, missing}), nullptr, predictions, {});
  ASSERT_TRUE(board);
  EXPECT_EQ(board->overall.events(), 1U);
  EXPECT_FALSE(
      score_labels(Column::of_numbers("late", {missing, missing}), nullptr, predictions, {}));
}

TEST(LabelsTest, SortsByTheEventsMonth) {
  const auto predictions =
      predictions_of({output<std::int64_t>("label", DataType::kInt64, {2}, {1, 1})}, 2);
  const Column time = Column::of_timestamps("at", {0, 40LL * 86'400 * 1'000'000'000});
  const auto board = score_labels(Column::of_integers("late", {1, 0}), &time, predictions, {});
  ASSERT_TRUE(board);
  EXPECT_EQ(board->months.size(), 2U);
}

TEST(LabelsTest, NamesTheOutputsThereAre) {
  const auto predictions =
      predictions_of({output<std::int64_t>("label", DataType::kInt64, {1}, {1})}, 1);
  const auto board =
      score_labels(Column::of_integers("late", {1}), nullptr, predictions,
                   {.label_output = "wrong", .probability_output = {}, .classes = {}});
  ASSERT_FALSE(board);
  EXPECT_NE(board.error().message.find("'label'"), std::string::npos);
}

TEST(LabelsTest, WritesEqualClassesAlikeWhateverTheirType) {
  EXPECT_EQ(class_text(Column::of_bools("x", {1}), 0), "1");
  EXPECT_EQ(class_text(Column::of_integers("x", {1}), 0), "1");
  EXPECT_EQ(class_text(Column::of_numbers("x", {1.0}), 0), "1");
  EXPECT_EQ(class_text(Column::of_strings("x", {"1"}), 0), "1");
  EXPECT_EQ(class_text(Column::of_numbers("x", {0.5}), 0), "0.5");
}

}  // namespace
}  // namespace temper::client
