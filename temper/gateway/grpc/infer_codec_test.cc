#include "temper/gateway/grpc/infer_codec.h"

#include <gtest/gtest.h>

#include <cstring>

namespace temper::gateway::grpc {
namespace {

inference::ModelInferRequest request_of(const std::string& datatype,
                                        const std::vector<std::int64_t>& shape) {
  inference::ModelInferRequest request;
  request.set_id("7");
  auto* input = request.add_inputs();
  input->set_name("x");
  input->set_datatype(datatype);
  input->mutable_shape()->Add(shape.begin(), shape.end());
  return request;
}

void expect_refused(const inference::ModelInferRequest& request, const std::string& words) {
  const auto decoded = decode_infer_request(request, nullptr);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(decoded.error().message.find(words), std::string::npos) << decoded.error().message;
}

TEST(InferCodecTest, ViewsRawContentsInPlace) {
  auto request = std::make_shared<inference::ModelInferRequest>(request_of("FP32", {1, 2}));
  request->add_raw_input_contents(std::string(8, '\0'));
  const auto decoded = decode_infer_request(*request, request);
  ASSERT_TRUE(decoded) << decoded.error().message;
  const Tensor& tensor = decoded->inputs.front().tensor;
  EXPECT_EQ(static_cast<const void*>(tensor.data.data()),
            static_cast<const void*>(request->raw_input_contents(0).data()));
  EXPECT_EQ(tensor.owner, request);
}

TEST(InferCodecTest, TakesTypedContentsOfEveryDatatype) {
  const std::vector<std::pair<std::string, std::size_t>> cases{
      {"BOOL", 2},  {"UINT8", 2}, {"UINT16", 4}, {"UINT32", 8}, {"UINT64", 16}, {"INT8", 2},
      {"INT16", 4}, {"INT32", 8}, {"INT64", 16}, {"FP32", 8},   {"FP64", 16},   {"BYTES", 10}};
  for (const auto& [datatype, bytes] : cases) {
    inference::ModelInferRequest request = request_of(datatype, {2});
    auto* contents = request.mutable_inputs(0)->mutable_contents();
    for (int i = 0; i < 2; ++i) {
      contents->add_bool_contents(true);
      contents->add_int_contents(-1);
      contents->add_int64_contents(-1);
      contents->add_uint_contents(1);
      contents->add_uint64_contents(1);
      contents->add_fp32_contents(0.5F);
      contents->add_fp64_contents(0.5);
      contents->add_bytes_contents("a");
    }
    // Only the field of the datatype counts.
    const auto decoded = decode_infer_request(request, nullptr);
    ASSERT_TRUE(decoded) << datatype << ": " << decoded.error().message;
    EXPECT_EQ(decoded->inputs.front().tensor.data.size(), bytes) << datatype;
  }
}

TEST(InferCodecTest, RefusesNumbersOutsideTheirDatatype) {
  inference::ModelInferRequest request = request_of("INT8", {1});
  request.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  expect_refused(request, "128");
  request.mutable_inputs(0)->mutable_contents()->set_int_contents(0, -128);
  EXPECT_TRUE(decode_infer_request(request, nullptr));
}

TEST(InferCodecTest, SaysWhatIsWrong) {
  expect_refused({}, "no inputs");
  expect_refused(request_of("FLOAT", {1}), "FLOAT");
  expect_refused(request_of("FP16", {1}), "raw_input_contents");
  expect_refused(request_of("FP32", {1}), "'x'");
  expect_refused(request_of("FP32", {-1}), "'x'");
  expect_refused(request_of("FP32", std::vector<std::int64_t>(17, 1)), "17 dimensions");
  inference::ModelInferRequest both = request_of("FP32", {1});
  both.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  both.add_raw_input_contents(std::string(4, '\0'));
  expect_refused(both, "both");
  inference::ModelInferRequest many = request_of("FP32", {1});
  many.add_raw_input_contents(std::string(4, '\0'));
  many.add_raw_input_contents(std::string(4, '\0'));
  expect_refused(many, "2 entries");
  inference::ModelInferRequest twice = request_of("FP32", {1});
  *twice.add_inputs() = twice.inputs(0);
  twice.add_raw_input_contents(std::string(4, '\0'));
  twice.add_raw_input_contents(std::string(4, '\0'));
  expect_refused(twice, "x");
}

TEST(InferCodecTest, ReadsParameters) {
  inference::ModelInferRequest request = request_of("FP32", {1});
  request.add_raw_input_contents(std::string(4, '\0'));
  (*request.mutable_parameters())["timeout"].set_int64_param(1500);
  (*request.mutable_parameters())["priority"].set_uint64_param(2);
  (*request.mutable_parameters())["temper_unit_id"].set_string_param("u");
  const auto decoded = decode_infer_request(request, nullptr);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->parameters.timeout, Duration(std::chrono::microseconds(1500)));
  EXPECT_EQ(decoded->parameters.priority, 2);
  EXPECT_EQ(decoded->parameters.unit_id, "u");
  (*request.mutable_parameters())["priority"].set_uint64_param(~std::uint64_t{0});
  expect_refused(request, "priority");
  (*request.mutable_parameters())["priority"].clear_parameter_choice();
  expect_refused(request, "priority");
}

TEST(InferCodecTest, EncodesOutputsRaw) {
  const float value = 2.5F;
  const Tensor tensor =
      Tensor::copy_of(DataType::kFp32, {1, 1}, std::as_bytes(std::span(&value, 1)));
  const std::vector<oip::OutputView> outputs{{.name = "p", .tensor = &tensor, .binary = false}};
  const std::vector<oip::ParameterView> parameters{
      {.name = "temper_prediction_id", .value = std::string_view("id")}};
  inference::ModelInferResponse response;
  encode_infer_response({.model_name = "m",
                         .model_version = "3",
                         .id = "7",
                         .parameters = parameters,
                         .outputs = outputs},
                        response);
  EXPECT_EQ(response.model_version(), "3");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  float decoded = 0;
  ASSERT_EQ(response.raw_output_contents(0).size(), sizeof decoded);
  std::memcpy(&decoded, response.raw_output_contents(0).data(), sizeof decoded);
  EXPECT_EQ(decoded, value);
  EXPECT_EQ(response.parameters().at("temper_prediction_id").string_param(), "id");
}

}  // namespace
}  // namespace temper::gateway::grpc
