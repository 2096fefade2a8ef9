#include "temper/gateway/oip/json_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace temper::oip {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<DecodedInferRequest> decode(std::string text, std::optional<std::size_t> json_size = {}) {
  auto body = std::make_shared<const std::string>(std::move(text));
  return decode_infer_request(
      {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = json_size});
}

Result<DecodedInferRequest> decode_tensor(std::string_view datatype, std::string_view shape,
                                          std::string_view data) {
  return decode(fmt::format(R"({{"inputs":[{{"name":"x","datatype":"{}","shape":{},"data":{}}}]}})",
                            datatype, shape, data));
}

template <typename T>
std::vector<T> elements(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

/// The message of the refusal; a test fails on "accepted".
std::string refusal(const Result<DecodedInferRequest>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument) << result.error().message;
  return result.error().message;
}

std::string with_binary(std::string_view json, std::string_view bytes) {
  return std::string(json) + std::string(bytes);
}

TEST(JsonRequestTest, ReadsEverythingARequestMaySay) {
  const auto request = decode(R"({
    "id": "r-1",
    "parameters": {"temper_unit_id": "user 7", "temper_event_time_ns": 1700000000000000001,
                   "timeout": 2500, "priority": 3, "colour": "red", "weight": 0.5, "dry": true,
                   "count": -4},
    "inputs": [{"name": "a", "datatype": "FP32", "shape": [2, 2], "data": [1, 2.5, -3e2, 0]},
               {"name": "b", "datatype": "BYTES", "shape": [2], "data": ["h\u00e9", ""]}],
    "outputs": [{"name": "y"}, {"name": "z", "parameters": {"binary_data": true}}]})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->id, "r-1");
  EXPECT_EQ(request->parameters.unit_id, "user 7");
  EXPECT_EQ(request->parameters.event_time_ns, 1700000000000000001);
  EXPECT_EQ(request->parameters.timeout, std::chrono::microseconds(2500));
  EXPECT_EQ(request->parameters.priority, 3);
  EXPECT_THAT(request->parameters.others,
              ElementsAre(Parameter{"colour", "red"}, Parameter{"weight", 0.5},
                          Parameter{"dry", true}, Parameter{"count", std::int64_t{-4}}));
  ASSERT_EQ(request->inputs.size(), 2U);
  EXPECT_EQ(request->inputs[0].name, "a");
  EXPECT_EQ(request->inputs[0].tensor.shape, (Shape{2, 2}));
  EXPECT_THAT(elements<float>(request->inputs[0].tensor), ElementsAre(1, 2.5, -300, 0));
  EXPECT_THAT(*string_elements(request->inputs[1].tensor), ElementsAre("hé", ""));
  EXPECT_THAT(request->outputs,
              ElementsAre(RequestedOutput{"y", false}, RequestedOutput{"z", true}));
  EXPECT_FALSE(request->binary_outputs_default);
}

TEST(JsonRequestTest, NullMembersAreAsAbsentOnes) {
  const auto request = decode(
      R"({"id":null,"parameters":null,"outputs":null,
          "inputs":[{"name":"x","datatype":"INT8","shape":[1],"parameters":null,"data":[1]}]})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->id.empty());
  EXPECT_TRUE(request->outputs.empty());
}

TEST(JsonRequestTest, TheDefaultForOutputsHoldsWhereverItStandsInTheText) {
  const auto request = decode(
      R"({"outputs":[{"name":"y"},{"name":"z","parameters":{"binary_data":false}}],
          "inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1]}],
          "parameters":{"binary_data_output":true}})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->binary_outputs_default);
  EXPECT_THAT(request->outputs,
              ElementsAre(RequestedOutput{"y", true}, RequestedOutput{"z", false}));
}

TEST(JsonRequestTest, NestedDataReadsAsFlatDataDoes) {
  const auto nested = decode_tensor("INT32", "[2,1,3]", "[[[1,2,3]],[[4,5,6]]]");
  ASSERT_TRUE(nested) << nested.error().message;
  EXPECT_THAT(elements<std::int32_t>(nested->inputs[0].tensor), ElementsAre(1, 2, 3, 4, 5, 6));
  const auto empty = decode_tensor("INT32", "[2,0]", "[[],[]]");
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_TRUE(empty->inputs[0].tensor.data.empty());
}

TEST(JsonRequestTest, IntegersAreExactOverTheirWholeRange) {
  const auto wide = decode_tensor("INT64", "[2]", "[-9223372036854775808, 9223372036854775807]");
  ASSERT_TRUE(wide) << wide.error().message;
  EXPECT_THAT(elements<std::int64_t>(wide->inputs[0].tensor),
              ElementsAre(std::numeric_limits<std::int64_t>::min(),
                          std::numeric_limits<std::int64_t>::max()));
  const auto unsigned_wide = decode_tensor("UINT64", "[1]", "[18446744073709551615]");
  ASSERT_TRUE(unsigned_wide);
  EXPECT_THAT(elements<std::uint64_t>(unsigned_wide->inputs[0].tensor),
              ElementsAre(std::numeric_limits<std::uint64_t>::max()));
}

TEST(JsonRequestTest, NumbersOutsideTheirDatatypeAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal(decode_tensor("INT8", "[2]", "[1,128]")),
            "/inputs/0/data/1: 128 came, expected an integer within INT8");
  EXPECT_EQ(refusal(decode_tensor("UINT16", "[1]", "[-1]")),
            "/inputs/0/data/0: -1 came, expected an integer within UINT16");
  EXPECT_EQ(refusal(decode_tensor("INT64", "[1]", "[9223372036854775808]")),
            "/inputs/0/data/0: 9223372036854775808 came, expected an integer within INT64");
  EXPECT_EQ(refusal(decode_tensor("INT32", "[1]", "[1.5]")),
            "/inputs/0/data/0: 1.5 came, expected an integer within INT32");
  EXPECT_EQ(refusal(decode_tensor("FP32", "[1]", "[1e39]")),
            "/inputs/0/data/0: 1e+39 came, expected a number within FP32");
  EXPECT_THAT(refusal(decode_tensor("FP64", "[1]", "[1e400]")), HasSubstr("a number"));
  EXPECT_THAT(refusal(decode_tensor("UINT64", "[1]", "[18446744073709551616]")),
              HasSubstr("outside the range of 64-bit integers"));
}

TEST(JsonRequestTest, ElementsOfAnotherKindAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal(decode_tensor("FP32", "[2,1]", "[[1],[\"2\"]]")),
            "/inputs/0/data/1/0: a string came, expected a number within FP32");
  EXPECT_EQ(refusal(decode_tensor("BOOL", "[1]", "[1]")),
            "/inputs/0/data/0: 1 came, expected true or false");
  EXPECT_EQ(refusal(decode_tensor("BYTES", "[1]", "[null]")),
            "/inputs/0/data/0: null came, expected a string");
  EXPECT_EQ(refusal(decode_tensor("INT32", "[1]", "[null]")),
            "/inputs/0/data/0: null came, expected an integer within INT32");
}

TEST(JsonRequestTest, NullAmongFloatsIsNan) {
  const auto request = decode_tensor("FP32", "[2]", "[null,1]");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(std::isnan(elements<float>(request->inputs[0].tensor)[0]));
  EXPECT_THAT(refusal(decode_tensor("FP32", "[1]", "[NaN]")), HasSubstr("not valid JSON"));
}

TEST(JsonRequestTest, HalfPrecisionInJsonIsRefusedWithTheWayOut) {
  EXPECT_THAT(refusal(decode_tensor("FP16", "[1]", "[1]")), HasSubstr("binary_data_size"));
  EXPECT_THAT(refusal(decode_tensor("BF16", "[1]", "[1]")), HasSubstr("binary_data_size"));
}

TEST(JsonRequestTest, CountsThatDoNotFitTheShapeAreRefused) {
  EXPECT_EQ(refusal(decode_tensor("FP32", "[3]", "[1,2]")),
            "/inputs/0/data: 2 elements came, expected 3");
  EXPECT_EQ(refusal(decode_tensor("FP32", "[1]", "[1,2,3]")),
            "/inputs/0/data: 3 elements came, expected 1");
  EXPECT_EQ(refusal(decode_tensor("FP32", "[2,2]", "[[1,2],[3]]")),
            "/inputs/0/data/1: 1 elements came, expected 2");
  EXPECT_EQ(refusal(decode_tensor("FP32", "[2,2]", "[[1,2],3]")),
            "/inputs/0/data/1: an integer came, expected an array");
  EXPECT_EQ(refusal(decode_tensor("FP32", "[]", "[[1]]")),
            "/inputs/0/data: a nested array came, expected one element");
}

TEST(JsonRequestTest, AnAbsurdShapeAllocatesNothing) {
  EXPECT_THAT(refusal(decode_tensor("FP64", "[1099511627776]", "[1]")),
              HasSubstr("fewer elements"));
  EXPECT_THAT(refusal(decode_tensor("FP64", "[4294967296,4294967296]", "[1]")), HasSubstr("2^48"));
  EXPECT_THAT(refusal(decode_tensor("FP64", "[0,9223372036854775807]", "[]")), HasSubstr("2^48"));
  EXPECT_THAT(refusal(decode_tensor("FP64", "[-1]", "[1]")), HasSubstr("/inputs/0/shape/0"));
  EXPECT_THAT(refusal(decode_tensor("FP64", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[1]")),
              HasSubstr("rank 17"));
}

TEST(JsonRequestTest, DuplicateKeysAreRefusedAtEveryLevel) {
  EXPECT_THAT(refusal(decode(R"({"inputs":[],"inputs":[]})")), HasSubstr("/inputs: the key comes"));
  EXPECT_THAT(refusal(decode(R"({"unknown":1,"unknown":1,"inputs":[]})")),
              HasSubstr("/unknown: the key comes twice"));
  EXPECT_THAT(refusal(decode(R"({"inputs":[{"name":"x","name":"y"}]})")),
              HasSubstr("/inputs/0/name: the key comes twice"));
  EXPECT_THAT(refusal(decode(R"({"parameters":{"a~/b":1,"a~/b":2},"inputs":[]})")),
              HasSubstr("/parameters/a~0~1b"));
}

TEST(JsonRequestTest, ManyMembersAreRefusedBeforeTheyCostTime) {
  std::string text = "{";
  for (int k = 0; k < 300; ++k) text += fmt::format("\"k{}\":0,", k);
  EXPECT_THAT(refusal(decode(text + R"("inputs":[]})")), HasSubstr("at most 256 members"));
}

TEST(JsonRequestTest, MalformedTextIsRefusedEvenInMembersNobodyReads) {
  EXPECT_THAT(refusal(decode("")), HasSubstr("empty"));
  EXPECT_THAT(refusal(decode(R"({"unknown":[1 2],"inputs":[]})")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(decode("{\"id\":\"\xff\",\"inputs\":[]}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(decode("[]")), HasSubstr("(document): an array came, expected an object"));
  EXPECT_THAT(refusal(decode(R"({"inputs":[]} x)")), HasSubstr("not valid JSON"));
}

TEST(JsonRequestTest, MissingMembersAreNamed) {
  EXPECT_EQ(refusal(decode("{}")), "/inputs: nothing came, expected an array");
  EXPECT_THAT(refusal(decode(R"({"inputs":[]})")), HasSubstr("expected an input"));
  EXPECT_THAT(refusal(decode(R"({"inputs":[{}]})")), HasSubstr("/inputs/0/name"));
  EXPECT_THAT(refusal(decode(R"({"inputs":[{"name":"x","datatype":"FP8","shape":[]}]})")),
              HasSubstr("'FP8' came"));
  EXPECT_THAT(refusal(decode(R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1]}]})")),
              HasSubstr("/inputs/0/data: nothing came"));
}

TEST(JsonRequestTest, NamesComeOnce) {
  const std::string input = R"({"name":"x","datatype":"INT8","shape":[1],"data":[1]})";
  EXPECT_THAT(refusal(decode(R"({"inputs":[)" + input + "," + input + "]}")),
              HasSubstr("'x' comes twice"));
  EXPECT_THAT(
      refusal(decode(R"({"outputs":[{"name":"y"},{"name":"y"}],"inputs":[)" + input + "]}")),
      HasSubstr("'y' comes twice"));
  EXPECT_THAT(
      refusal(decode(R"({"inputs":[{"name":"","datatype":"INT8","shape":[1],"data":[1]}]})")),
      HasSubstr("/inputs/0/name: empty"));
}

TEST(JsonRequestTest, ParametersOfTheWrongKindAreRefused) {
  const std::string tail = R"(},"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1]}]})";
  EXPECT_EQ(refusal(decode(R"({"parameters":{"timeout":"soon")" + tail)),
            "/parameters/timeout: a string came, expected an integer of 64 bits");
  EXPECT_THAT(refusal(decode(R"({"parameters":{"priority":-1)" + tail)), HasSubstr("0 or more"));
  EXPECT_THAT(refusal(decode(R"({"parameters":{"temper_unit_id":true)" + tail)),
              HasSubstr("expected a string"));
  EXPECT_THAT(refusal(decode(R"({"parameters":{"other":[1])" + tail)),
              HasSubstr("/parameters/other: an array came"));
  const auto sequence = decode(R"({"parameters":{"sequence_id":7)" + tail);
  ASSERT_FALSE(sequence);
  EXPECT_EQ(sequence.error().code, ErrorCode::kUnimplemented);
}

constexpr std::string_view kBinaryHead =
    R"({"inputs":[{"name":"x","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]})";

TEST(JsonRequestTest, BinaryTensorsViewAnAlignedBody) {
  const float values[2] = {1.5F, -2.0F};
  std::string json(kBinaryHead);
  json.append((8 - json.size() % 8) % 8, ' ');
  auto body = std::make_shared<const std::string>(
      with_binary(json, {reinterpret_cast<const char*>(values), 8}));
  const auto request = decode_infer_request(
      {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = json.size()});
  ASSERT_TRUE(request) << request.error().message;
  const Tensor& tensor = request->inputs[0].tensor;
  EXPECT_THAT(elements<float>(tensor), ElementsAre(1.5F, -2.0F));
  EXPECT_EQ(static_cast<const void*>(tensor.data.data()), body->data() + json.size());
  EXPECT_EQ(tensor.owner, body);
}

TEST(JsonRequestTest, BinaryTensorsAreCopiedWhereTheBodyIsNotAligned) {
  const float values[2] = {1.5F, -2.0F};
  std::string json(kBinaryHead);
  json.append((8 - json.size() % 8) % 8 + 3, ' ');
  const auto request =
      decode(with_binary(json, {reinterpret_cast<const char*>(values), 8}), json.size());
  ASSERT_TRUE(request) << request.error().message;
  const Tensor& tensor = request->inputs[0].tensor;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data.data()) % alignof(float), 0U);
  EXPECT_THAT(elements<float>(tensor), ElementsAre(1.5F, -2.0F));
}

TEST(JsonRequestTest, BinarySizesMustFitShapeAndBody) {
  const std::string json(kBinaryHead);
  EXPECT_THAT(refusal(decode(json + "1234567", json.size())), HasSubstr("at most 7"));
  EXPECT_THAT(refusal(decode(json + "123456789", json.size())), HasSubstr("1 bytes follow"));
  EXPECT_THAT(refusal(decode(json)), HasSubstr("Inference-Header-Content-Length is missing"));
  EXPECT_THAT(refusal(decode(json, json.size() + 1)), HasSubstr("expected at most"));
  const std::string three =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[3],"parameters":{"binary_data_size":8}}]})";
  EXPECT_THAT(refusal(decode(three + "12345678", three.size())),
              HasSubstr("/inputs/0: tensor 'x': 8 bytes came"));
}

TEST(JsonRequestTest, BinaryBooleansAreZeroOrOne) {
  const std::string json =
      R"({"inputs":[{"name":"x","datatype":"BOOL","shape":[2],"parameters":{"binary_data_size":2}}]})";
  EXPECT_TRUE(decode(json + std::string("\x01\x00", 2), json.size()));
  EXPECT_THAT(refusal(decode(json + std::string("\x01\x02", 2), json.size())),
              HasSubstr("byte 1 is 2, expected 0 or 1"));
}

TEST(JsonRequestTest, BinaryStringsMustBeWhole) {
  const std::string json =
      R"({"inputs":[{"name":"x","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":9}}]})";
  const std::string fine("\x01\0\0\0a\0\0\0\0", 9);
  const auto request = decode(json + fine, json.size());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_THAT(*string_elements(request->inputs[0].tensor), ElementsAre("a", ""));
  const std::string torn("\x09\0\0\0a\0\0\0\0", 9);
  EXPECT_THAT(refusal(decode(json + torn, json.size())), HasSubstr("end inside"));
}

TEST(JsonRequestTest, WhatWouldReadFilesOrMemoryIsUnimplemented) {
  const auto memory = decode(
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1],
          "parameters":{"shared_memory_region":"r","shared_memory_byte_size":4}}]})");
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ErrorCode::kUnimplemented);
  EXPECT_FALSE(check_repository_load_request(R"({"parameters":{"config":"{}"}})"));
  EXPECT_FALSE(check_repository_load_request(R"({"parameters":{"file:1/model.onnx":"AA=="}})"));
  EXPECT_TRUE(check_repository_load_request(R"({"parameters":{"unload_dependents":false}})"));
  EXPECT_TRUE(check_repository_load_request(""));
}

TEST(JsonRequestTest, RepositoryIndexAsksForAllOrForTheReady) {
  EXPECT_EQ(decode_repository_index_request(""), false);
  EXPECT_EQ(decode_repository_index_request("{}"), false);
  EXPECT_EQ(decode_repository_index_request(R"({"ready":true})"), true);
  EXPECT_FALSE(decode_repository_index_request(R"({"ready":1})"));
}

TEST(JsonRequestTest, TheLengthHeaderIsADecimalNumberWithinTheBody) {
  EXPECT_EQ(parse_json_length("12", 12), 12U);
  for (const std::string_view bad : {"", "13", "-1", "1x", " 1", "99999999999999999999"}) {
    EXPECT_FALSE(parse_json_length(bad, 12)) << bad;
  }
}

TEST(JsonRequestTest, ALargeDocumentLeavesTheParserFitForTheNext) {
  std::string data = "[0";
  for (int k = 1; k < 200'000; ++k) data += ",0";
  ASSERT_TRUE(decode_tensor("INT8", "[200000]", data + "]"));
  EXPECT_TRUE(decode_tensor("INT8", "[1]", "[7]"));
  EXPECT_FALSE(decode_tensor("INT8", "[1]", "[7"));
  EXPECT_TRUE(decode_tensor("INT8", "[1]", "[7]"));
}

TEST(JsonRequestTest, AFastKernelIsInUse) { EXPECT_NE(json_kernel(), "fallback"); }

}  // namespace
}  // namespace temper::oip
