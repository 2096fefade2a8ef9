#include "temper/gateway/oip/json_request.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace temper::oip {
namespace {

Result<DecodedInferRequest> decode(const std::string& body,
                                   std::optional<std::size_t> json_size = std::nullopt) {
  auto owned = std::make_shared<std::string>(body);
  return decode_infer_request(
      {.bytes = std::as_bytes(std::span(*owned)), .owner = owned, .json_size = json_size});
}

std::string input(const std::string& datatype, const std::string& shape, const std::string& data) {
  return R"({"inputs":[{"name":"x","datatype":")" + datatype + R"(","shape":)" + shape +
         R"(,"data":)" + data + "}]}";
}

template <typename T>
std::vector<T> values(const Tensor& tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

void expect_refused(const std::string& body, const std::string& place,
                    ErrorCode code = ErrorCode::kInvalidArgument) {
  const auto decoded = decode(body);
  ASSERT_FALSE(decoded) << body;
  EXPECT_EQ(decoded.error().code, code) << body;
  EXPECT_NE(decoded.error().message.find(place), std::string::npos)
      << body << " gave: " << decoded.error().message;
}

TEST(JsonRequestTest, TakesFlatAndNestedData) {
  for (const std::string data : {"[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]"}) {
    const auto decoded = decode(input("FP32", "[2,3]", data));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(values<float>(decoded->inputs[0].tensor), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(decoded->inputs[0].tensor.shape, (Shape{2, 3}));
  }
}

TEST(JsonRequestTest, KeepsIntegersExactOverTheirWholeRange) {
  const auto big = decode(input("UINT64", "[2]", "[18446744073709551615,0]"));
  ASSERT_TRUE(big) << big.error().message;
  EXPECT_EQ(values<std::uint64_t>(big->inputs[0].tensor)[0],
            std::numeric_limits<std::uint64_t>::max());
  const auto low = decode(input("INT64", "[1]", "[-9223372036854775808]"));
  ASSERT_TRUE(low) << low.error().message;
  EXPECT_EQ(values<std::int64_t>(low->inputs[0].tensor)[0],
            std::numeric_limits<std::int64_t>::min());
}

TEST(JsonRequestTest, NullIsNaNInFloatsOnly) {
  const auto decoded = decode(input("FP64", "[2]", "[null,1.5]"));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(std::isnan(values<double>(decoded->inputs[0].tensor)[0]));
  expect_refused(input("INT32", "[1]", "[null]"), "/inputs/0/data/0");
}

TEST(JsonRequestTest, TakesBooleansAndStrings) {
  const auto flags = decode(input("BOOL", "[2]", "[true,false]"));
  ASSERT_TRUE(flags);
  EXPECT_EQ(values<char>(flags->inputs[0].tensor), (std::vector<char>{1, 0}));
  const auto texts = decode(input("BYTES", "[2]", R"(["gr\u00fcn",""])"));
  ASSERT_TRUE(texts);
  const auto strings = string_elements(texts->inputs[0].tensor);
  ASSERT_TRUE(strings);
  EXPECT_EQ((*strings)[0], "gr\xC3\xBCn");
  EXPECT_EQ((*strings)[1], "");
}

TEST(JsonRequestTest, NamesThePlaceOfWhatIsWrong) {
  expect_refused("", "empty");
  expect_refused("{", "JSON");
  expect_refused("[]", "expected an object");
  expect_refused("{}", "/inputs");
  expect_refused(R"({"inputs":[]})", "/inputs");
  expect_refused(R"({"inputs":{}})", "/inputs");
  expect_refused(R"({"inputs":[7]})", "/inputs/0");
  expect_refused(R"({"inputs":[{"name":"x"}]})", "shape");
  expect_refused(input("FP99", "[1]", "[1]"), "/inputs/0/datatype");
  expect_refused(input("FP32", "[-1]", "[1]"), "/inputs/0/shape/0");
  expect_refused(input("FP32", "[1.5]", "[1]"), "/inputs/0/shape/0");
  expect_refused(input("FP32", "[2]", "[1]"), "/inputs/0/data");
  expect_refused(input("FP32", "[1]", "[1,2]"), "/inputs/0/data");
  expect_refused(input("FP32", "[2,2]", "[[1,2],[3]]"), "/inputs/0/data/1");
  expect_refused(input("FP32", "[2,2]", "[[1,2],3]"), "/inputs/0/data/1");
  expect_refused(input("FP32", "[1]", R"(["1"])"), "/inputs/0/data/0");
  expect_refused(input("FP32", "[1]", "[1e39]"), "/inputs/0/data/0");
  expect_refused(input("INT8", "[2]", "[1,128]"), "/inputs/0/data/1");
  expect_refused(input("UINT8", "[1]", "[-1]"), "/inputs/0/data/0");
  expect_refused(input("INT32", "[1]", "[1.5]"), "/inputs/0/data/0");
  expect_refused(input("FP16", "[1]", "[1]"), "binary");
  expect_refused(R"({"inputs":[{"name":"x","name":"y"}]})", "twice");
  expect_refused(R"({"id":1,"inputs":[]})", "/id");
}

TEST(JsonRequestTest, AShapeThatTheDocumentCannotHoldAllocatesNothing) {
  expect_refused(input("FP64", "[1000000,1000000]", "[1]"), "/inputs/0/data");
  expect_refused(input("FP64", "[9223372036854775807,9223372036854775807]", "[1]"), "");
}

TEST(JsonRequestTest, RefusesDuplicateAndNamelessTensors) {
  expect_refused(R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]},)"
                 R"({"name":"x","datatype":"FP32","shape":[1],"data":[1]}]})",
                 "'x' comes twice");
  expect_refused(R"({"inputs":[{"name":"","datatype":"FP32","shape":[1],"data":[1]}]})", "name");
}

TEST(JsonRequestTest, ReadsBinaryTensorsBehindTheJson) {
  const std::string json =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]})";
  const float raw[2] = {1.5F, -2};
  const std::string body = json + std::string(reinterpret_cast<const char*>(raw), sizeof raw);
  const auto decoded = decode(body, json.size());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(values<float>(decoded->inputs[0].tensor), (std::vector<float>{1.5F, -2}));
  EXPECT_FALSE(decode(body + "x", json.size()));
  EXPECT_FALSE(decode(body.substr(0, body.size() - 1), json.size()));
}

TEST(JsonRequestTest, OutputsSayHowTheyWantToTravel) {
  const auto decoded =
      decode(R"({"parameters":{"binary_data_output":true},"outputs":[{"name":"a"},)"
             R"({"name":"b","parameters":{"binary_data":false}}],)" +
             input("FP32", "[1]", "[1]").substr(1));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_TRUE(decoded->outputs[0].binary);
  EXPECT_FALSE(decoded->outputs[1].binary);
}

TEST(JsonRequestTest, ReadsTheContext) {
  const auto decoded = decode(
      R"({"parameters":{"temper_unit_id":"u","temper_event_time_ns":5,"timeout":100,"priority":3,)"
      R"("colour":"red"},)" +
      input("FP32", "[1]", "[1]").substr(1));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->parameters.unit_id, "u");
  EXPECT_EQ(decoded->parameters.event_time_ns, 5);
  EXPECT_EQ(decoded->parameters.timeout, Duration(std::chrono::microseconds(100)));
  EXPECT_EQ(decoded->parameters.priority, 3);
  ASSERT_EQ(decoded->parameters.others.size(), 1U);
  expect_refused(R"({"parameters":{"timeout":-1},)" + input("FP32", "[1]", "[1]").substr(1),
                 "/parameters/timeout");
  expect_refused(R"({"parameters":{"sequence_id":7},)" + input("FP32", "[1]", "[1]").substr(1),
                 "sequence", ErrorCode::kUnimplemented);
}

TEST(JsonRequestTest, UsesAFastKernel) { EXPECT_NE(json_kernel(), "fallback"); }

TEST(JsonRequestTest, ChecksTheLengthHeader) {
  EXPECT_EQ(*parse_json_length("12", 12), 12U);
  for (const std::string_view bad : {"", "x", "-1", "13", "1e1", "99999999999999999999"}) {
    EXPECT_FALSE(parse_json_length(bad, 12)) << bad;
  }
}

TEST(JsonRequestTest, RepositoryRequests) {
  EXPECT_FALSE(*decode_repository_index_request(""));
  EXPECT_TRUE(*decode_repository_index_request(R"({"ready":true})"));
  EXPECT_FALSE(decode_repository_index_request(R"({"ready":1})"));
  EXPECT_TRUE(check_repository_load_request(""));
  EXPECT_TRUE(check_repository_load_request(R"({"parameters":{"unload_dependents":false}})"));
  const Status files = check_repository_load_request(R"({"parameters":{"file:1/m.onnx":"AA"}})");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::kUnimplemented);
}

}  // namespace
}  // namespace temper::oip
