#include "temper/cli/client/prediction_columns.h"

#include <gtest/gtest.h>

#include <span>

namespace temper::client {
namespace {

template <typename T>
Tensor tensor_of(DataType type, Shape shape, std::vector<T> values) {
  return Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(values)));
}

oip::InferReply reply_of(std::vector<float> probabilities, std::vector<std::int64_t> labels) {
  const auto rows = static_cast<std::int64_t>(labels.size());
  oip::InferReply reply;
  reply.model_version = "3";
  reply.parameters = {{.name = "temper_prediction_id", .value = std::string("id")}};
  reply.outputs = {
      {.name = "p", .tensor = tensor_of(DataType::kFp32, {rows, 2}, std::move(probabilities))},
      {.name = "label", .tensor = tensor_of(DataType::kInt64, {rows, 1}, std::move(labels))}};
  return reply;
}

TEST(PredictionColumnsTest, PutsEachAnswerAtItsRows) {
  auto columns = PredictionColumns::create(reply_of({0.1F, 0.9F}, {1}), 3);
  ASSERT_TRUE(columns);
  ASSERT_TRUE(columns->put(reply_of({0.5F, 0.5F, 0.25F, 0.75F}, {0, 1}), 1, 2));
  ASSERT_EQ(columns->columns().size(), 3U);
  EXPECT_EQ(columns->columns()[1].name, "p_1");
  EXPECT_EQ(columns->columns()[1].number(2), 0.75);
  EXPECT_EQ(columns->columns()[2].integer(2), 1);
  EXPECT_FALSE(columns->is_answered(0));
  EXPECT_TRUE(columns->columns()[0].is_missing(0));
  EXPECT_EQ(columns->prediction_ids().text(2), "id/1");
  EXPECT_EQ(columns->versions().text(1), "3");
}

TEST(PredictionColumnsTest, KeepsStringsAndFlags) {
  oip::InferReply reply;
  reply.outputs = {
      {.name = "name", .tensor = Tensor::of_strings({2}, std::vector<std::string>{"a", "b"})},
      {.name = "odd", .tensor = tensor_of<std::uint8_t>(DataType::kBool, {2}, {0, 1})}};
  auto columns = PredictionColumns::create(reply, 2);
  ASSERT_TRUE(columns);
  ASSERT_TRUE(columns->put(reply, 0, 2));
  EXPECT_EQ(columns->columns()[0].text(1), "b");
  EXPECT_EQ(columns->columns()[1].number(1), 1);
  EXPECT_TRUE(columns->prediction_ids().is_missing(0));
}

TEST(PredictionColumnsTest, RefusesAnAnswerOfAnotherShape) {
  auto columns = PredictionColumns::create(reply_of({0.1F, 0.9F}, {1}), 3);
  ASSERT_TRUE(columns);
  const Status short_answer = columns->put(reply_of({0.1F, 0.9F}, {1}), 0, 2);
  ASSERT_FALSE(short_answer);
  EXPECT_EQ(short_answer.error().code, ErrorCode::kInternal);
  oip::InferReply other = reply_of({0.1F, 0.9F}, {1});
  other.outputs.pop_back();
  EXPECT_FALSE(columns->put(other, 0, 1));
}

TEST(PredictionColumnsTest, LeavesOutOutputsThatHaveNoRowPerEvent) {
  oip::InferReply reply = reply_of({0.1F, 0.9F}, {1});
  reply.outputs.push_back(
      {.name = "deep", .tensor = tensor_of<float>(DataType::kFp32, {1, 1, 1}, {1.0F})});
  EXPECT_EQ(PredictionColumns::create(reply, 1)->outputs().size(), 2U);
  reply.outputs.erase(reply.outputs.begin(), reply.outputs.begin() + 2);
  EXPECT_FALSE(PredictionColumns::create(reply, 1));
}

}  // namespace
}  // namespace temper::client
