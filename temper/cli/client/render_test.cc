#include "temper/cli/client/render.h"

#include <gtest/gtest.h>

#include <span>

namespace temper::client {
namespace {

template <typename T>
Tensor tensor_of(DataType type, Shape shape, std::vector<T> values) {
  return Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(values)));
}

TEST(RenderTest, PrintsARowALine) {
  EXPECT_EQ(tensor_text(tensor_of<float>(DataType::kFp32, {2, 2}, {0.5F, 1, -2, 3})),
            "  0.5 1\n  -2 3\n");
  EXPECT_EQ(tensor_text(Tensor::of_strings({2}, std::vector<std::string>{"a", "b c"})),
            "  \"a\"\n  \"b c\"\n");
  EXPECT_EQ(tensor_text(tensor_of<std::uint8_t>(DataType::kBool, {1}, {1})), "  true\n");
}

TEST(RenderTest, SaysWhatItLeavesOut) {
  const std::string text =
      tensor_text(tensor_of(DataType::kInt64, {3, 20}, std::vector<std::int64_t>(60, 7)), 1);
  EXPECT_NE(text.find("(4 more)"), std::string::npos);
  EXPECT_NE(text.find("(2 more rows)"), std::string::npos);
}

TEST(RenderTest, AnEmptyTensorHasNoLines) {
  EXPECT_EQ(tensor_text(tensor_of<float>(DataType::kFp32, {0, 2}, {})), "");
}

TEST(RenderTest, ShowsAnAnswerWithItsPredictionId) {
  oip::InferReply reply;
  reply.model_name = "m";
  reply.model_version = "2";
  reply.outputs = {{.name = "y", .tensor = tensor_of<float>(DataType::kFp32, {1, 1}, {0.25F})}};
  reply.parameters = {{.name = "temper_prediction_id", .value = std::string("abc")}};
  EXPECT_EQ(reply_text(reply),
            "model m version 2\ny FP32 [1,1]\n  0.25\ntemper_prediction_id abc\n");
  const auto json = reply_json(reply);
  ASSERT_TRUE(json);
  EXPECT_NE(json->find("0.25"), std::string::npos);
}

TEST(RenderTest, AlignsTables) {
  EXPECT_EQ(table_text({"name", "n"}, {{"a", "100"}, {"bcdefg", "1"}}),
            "name      n\na       100\nbcdefg    1\n");
}

TEST(RenderTest, GroupsThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1234567), "1,234,567");
}

}  // namespace
}  // namespace temper::client
