#include "temper/gateway/oip/json_response.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "temper/core/rng.h"

namespace temper::oip {
namespace {

template <typename T>
Tensor tensor_of(DataType type, const std::vector<T>& values) {
  return Tensor::copy_of(type, {static_cast<std::int64_t>(values.size())},
                         std::as_bytes(std::span(values)));
}

Result<std::string> encode(const Tensor& tensor, bool binary = false) {
  const std::vector<OutputView> outputs{{.name = "y", .tensor = &tensor, .binary = binary}};
  std::string out;
  const auto encoded = append_infer_response(
      out,
      {.model_name = "m", .model_version = "1", .id = "a", .parameters = {}, .outputs = outputs});
  if (!encoded) return std::unexpected(encoded.error());
  return out;
}

TEST(JsonResponseTest, IsWhatTheProtocolSays) {
  const auto text = encode(tensor_of<float>(DataType::kFp32, {0.1F, -2, 1e10F}));
  ASSERT_TRUE(text);
  const auto json = nlohmann::json::parse(*text);
  EXPECT_EQ(json["model_name"], "m");
  EXPECT_EQ(json["model_version"], "1");
  EXPECT_EQ(json["id"], "a");
  EXPECT_EQ(json["outputs"][0]["datatype"], "FP32");
  EXPECT_EQ(json["outputs"][0]["shape"][0], 3);
  EXPECT_EQ(json["outputs"][0]["data"][0].get<float>(), 0.1F);
}

TEST(JsonResponseTest, EveryFloatReadsBackAsItself) {
  Rng rng(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(rng()));
    std::string text;
    append_number(text, value);
    if (!std::isfinite(value)) {
      EXPECT_EQ(text, "null");
      continue;
    }
    float back = 0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(back), std::bit_cast<std::uint32_t>(value)) << text;
  }
}

TEST(JsonResponseTest, WhatJsonCannotSayIsNull) {
  const auto text = encode(tensor_of<double>(
      DataType::kFp64, {std::nan(""), std::numeric_limits<double>::infinity(), 1}));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("[null,null,1]"), std::string::npos) << *text;
}

TEST(JsonResponseTest, BinaryOutputsFollowTheJson) {
  const Tensor tensor = tensor_of<std::int16_t>(DataType::kInt16, {1, -1});
  const std::vector<OutputView> outputs{{.name = "y", .tensor = &tensor, .binary = true}};
  std::string out;
  const auto encoded = append_infer_response(
      out,
      {.model_name = "m", .model_version = "1", .id = {}, .parameters = {}, .outputs = outputs});
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(encoded->has_binary);
  EXPECT_EQ(out.size(), encoded->json_size + 4);
  const auto json = nlohmann::json::parse(out.substr(0, encoded->json_size));
  EXPECT_EQ(json["outputs"][0]["parameters"]["binary_data_size"], 4);
  EXPECT_FALSE(json["outputs"][0].contains("data"));
}

TEST(JsonResponseTest, EightBitNumbersAreNumbers) {
  EXPECT_NE(encode(tensor_of<std::int8_t>(DataType::kInt8, {65, -128}))->find("[65,-128]"),
            std::string::npos);
  EXPECT_NE(encode(tensor_of<std::uint8_t>(DataType::kUint8, {255}))->find("[255]"),
            std::string::npos);
}

TEST(JsonResponseTest, RefusesWhatHasNoJsonFormAndLeavesTheBufferAlone) {
  const Tensor half = tensor_of<std::uint16_t>(DataType::kFp16, {0});
  const auto refused = encode(half);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("binary_data"), std::string::npos);
  EXPECT_TRUE(encode(half, true));
  const Tensor bytes = Tensor::of_strings({1}, std::vector<std::string>{"\xff"});
  EXPECT_FALSE(encode(bytes));
  EXPECT_TRUE(encode(bytes, true));
}

TEST(JsonResponseTest, QuotesAnything) {
  for (const std::string& text :
       {std::string("plain"), std::string("a\"b\\c\n\t"), std::string("\0x", 2),
        std::string("gr\xC3\xBCn"), std::string("bad \xff\xC3 end")}) {
    std::string out;
    append_quoted(out, text);
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
  EXPECT_EQ(nlohmann::json::parse(error_body({.code = ErrorCode::kInternal, .message = "x\"y"}))
                .at("error"),
            "x\"y");
}

}  // namespace
}  // namespace temper::oip
