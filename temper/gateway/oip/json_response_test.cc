#include "temper/gateway/oip/json_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace temper::oip {
namespace {

using testing::HasSubstr;

template <typename T>
Tensor tensor_of(DataType type, const std::vector<T>& values) {
  return Tensor::copy_of(type, {static_cast<std::int64_t>(values.size())},
                         std::as_bytes(std::span(values)));
}

std::string data_of(const Tensor& tensor) {
  std::string out;
  const Status fine = append_tensor(out, {.name = "y", .tensor = &tensor, .binary = false});
  if (!fine) return fine.error().message;
  const std::size_t begin = out.find("\"data\":") + 7;
  return out.substr(begin, out.size() - begin - 1);
}

TEST(JsonResponseTest, SaysWhatTheProtocolNames) {
  const Tensor scores = tensor_of<float>(DataType::kFp32, {0.1F, 1.0F, -2.5e-8F});
  const std::array outputs{OutputView{.name = "scores", .tensor = &scores, .binary = false}};
  const std::array parameters{ParameterView{"temper_prediction_id", std::string_view("p-1")},
                              ParameterView{"rows", std::int64_t{3}},
                              ParameterView{"degraded", false}, ParameterView{"score", 0.25}};
  std::string out = "kept ";
  const auto encoded = append_infer_response(out, {.model_name = "m",
                                                   .model_version = "2",
                                                   .id = "r\n1",
                                                   .parameters = parameters,
                                                   .outputs = outputs});
  ASSERT_TRUE(encoded);
  EXPECT_EQ(
      out,
      R"(kept {"model_name":"m","model_version":"2","id":"r\n1",)"
      R"("parameters":{"temper_prediction_id":"p-1","rows":3,"degraded":false,"score":0.25},)"
      R"("outputs":[{"name":"scores","datatype":"FP32","shape":[3],"data":[0.1,1,-2.5e-08]}]})");
  EXPECT_FALSE(encoded->has_binary);
  EXPECT_EQ(encoded->json_size, out.size() - 5);
}

TEST(JsonResponseTest, BinaryTensorsFollowTheJsonInOrder) {
  const Tensor a = tensor_of<std::int16_t>(DataType::kInt16, {0x4141, 0x4242});
  const Tensor b = tensor_of<std::int8_t>(DataType::kInt8, {5});
  const Tensor c = tensor_of<std::uint8_t>(DataType::kUint8, {0x43});
  const std::array outputs{OutputView{.name = "a", .tensor = &a, .binary = true},
                           OutputView{.name = "b", .tensor = &b, .binary = false},
                           OutputView{.name = "c", .tensor = &c, .binary = true}};
  std::string out;
  const auto encoded = append_infer_response(
      out,
      {.model_name = "m", .model_version = "1", .id = "", .parameters = {}, .outputs = outputs});
  ASSERT_TRUE(encoded);
  EXPECT_TRUE(encoded->has_binary);
  EXPECT_EQ(out.substr(encoded->json_size), "AABBC");
  EXPECT_THAT(out, HasSubstr(R"("shape":[2],"parameters":{"binary_data_size":4}})"));
  EXPECT_THAT(out, HasSubstr(R"("data":[5])"));
}

TEST(JsonResponseTest, NumbersAreTheShortestThatReadBack) {
  EXPECT_EQ(data_of(tensor_of<float>(DataType::kFp32, {0.3F, 16777216.0F, -0.0F, 3.4028235e38F})),
            "[0.3,16777216,-0.0,3.4028235e+38]");
  EXPECT_EQ(data_of(tensor_of<double>(DataType::kFp64, {0.1, 1e300, 5e-324})),
            "[0.1,1e+300,5e-324]");
  EXPECT_EQ(data_of(tensor_of<std::int64_t>(DataType::kInt64,
                                            {std::numeric_limits<std::int64_t>::min(), 7})),
            "[-9223372036854775808,7]");
  EXPECT_EQ(data_of(tensor_of<std::uint64_t>(DataType::kUint64,
                                             {std::numeric_limits<std::uint64_t>::max()})),
            "[18446744073709551615]");
  EXPECT_EQ(data_of(tensor_of<std::uint8_t>(DataType::kBool, {1, 0})), "[true,false]");
}

TEST(JsonResponseTest, LargeDoublesNeverLookLikeIntegersThatOverflow) {
  // The shortest plain form of 2^64 has no exponent, and no 64-bit reader takes it.
  EXPECT_EQ(data_of(tensor_of<double>(DataType::kFp64, {18446744073709551616.0})),
            "[1.8446744073709552e+19]");
}

TEST(JsonResponseTest, ValuesThatJsonHasNotBecomeNull) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(data_of(tensor_of<float>(DataType::kFp32, {nan, inf, -inf, 1})), "[null,null,null,1]");
}

TEST(JsonResponseTest, StringsAreEscapedAndMustBeUtf8) {
  const std::vector<std::string> values{"a\"b\\\n\x01", "h\xC3\xA9", ""};
  EXPECT_EQ(data_of(Tensor::of_strings({3}, values)), "[\"a\\\"b\\\\\\n\\u0001\",\"hé\",\"\"]");
  const std::vector<std::string> broken{"\xFF"};
  EXPECT_THAT(data_of(Tensor::of_strings({1}, broken)), HasSubstr("binary_data"));
}

TEST(JsonResponseTest, HalfPrecisionInJsonIsRefusedAndLeavesTheBufferAsItWas) {
  const Tensor half = tensor_of<std::uint16_t>(DataType::kFp16, {0x3C00});
  const std::array json{OutputView{.name = "h", .tensor = &half, .binary = false}};
  std::string out = "before";
  const InferResponseView view{
      .model_name = "m", .model_version = "1", .id = "", .parameters = {}, .outputs = json};
  const auto refused = append_infer_response(out, view);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(out, "before");
}

TEST(JsonResponseTest, ATensorThatContradictsItselfIsOurFault) {
  Tensor tensor = tensor_of<float>(DataType::kFp32, {1, 2});
  tensor.shape = {3};
  std::string out;
  const Status status = append_tensor(out, {.name = "y", .tensor = &tensor, .binary = true});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
}

TEST(JsonResponseTest, ErrorBodiesAreValidWhateverTheMessage) {
  EXPECT_EQ(error_body({.code = ErrorCode::kInternal,
                        .message = "bad \"x\" \xFFh\xC3\xA9\xC3",
                        .retry_after_ms = 0}),
            "{\"error\":\"bad \\\"x\\\" \xEF\xBF\xBDhé\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace temper::oip
