#include "temper/gateway/oip/client_codec.h"

#include <gtest/gtest.h>

#include <limits>

#include "temper/gateway/oip/json_request.h"
#include "temper/gateway/oip/json_response.h"
#include "temper/gateway/oip/metadata_json.h"

namespace temper::oip {
namespace {

std::vector<NamedTensor> some_inputs() {
  const std::vector<float> numbers{1.25F, -3, 1e-30F};
  const std::vector<std::string> words{"a", "", "gr\xC3\xBCn"};
  return {{.name = "n",
           .tensor = Tensor::copy_of(DataType::kFp32, {3}, std::as_bytes(std::span(numbers)))},
          {.name = "w", .tensor = Tensor::of_strings({3}, words)}};
}

TEST(ClientCodecTest, WhatAClientSendsTheServerReads) {
  const std::vector<NamedTensor> inputs = some_inputs();
  const std::vector<std::string> outputs{"p"};
  for (const bool binary : {false, true}) {
    InferCall call{.id = "7", .inputs = inputs, .outputs = outputs, .parameters = {}};
    call.binary = binary;
    call.parameters.unit_id = "u\"1";
    call.parameters.event_time_ns = 12;
    call.parameters.timeout = std::chrono::milliseconds(3);
    const auto encoded = encode_infer_call(call);
    ASSERT_TRUE(encoded) << encoded.error().message;
    const auto body = std::make_shared<std::string>(encoded->body);
    const auto decoded = decode_infer_request(
        {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = encoded->json_size});
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->id, "7");
    EXPECT_EQ(decoded->outputs, (std::vector<RequestedOutput>{{.name = "p", .binary = binary}}));
    EXPECT_EQ(decoded->parameters, call.parameters);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(decoded->inputs[i].name, inputs[i].name);
      EXPECT_EQ(decoded->inputs[i].tensor.shape, inputs[i].tensor.shape);
      EXPECT_TRUE(std::ranges::equal(decoded->inputs[i].tensor.data, inputs[i].tensor.data));
    }
  }
}

TEST(ClientCodecTest, WhatTheServerAnswersTheClientReads) {
  const std::vector<NamedTensor> tensors = some_inputs();
  for (const bool binary : {false, true}) {
    std::vector<OutputView> outputs;
    for (const NamedTensor& each : tensors) {
      outputs.push_back({.name = each.name, .tensor = &each.tensor, .binary = binary});
    }
    const std::vector<ParameterView> parameters{
        {.name = "temper_prediction_id", .value = std::string_view("x")},
        {.name = "flag", .value = true}};
    std::string body;
    const auto encoded = append_infer_response(body, {.model_name = "m",
                                                      .model_version = "2",
                                                      .id = "7",
                                                      .parameters = parameters,
                                                      .outputs = outputs});
    ASSERT_TRUE(encoded);
    const auto reply =
        decode_infer_reply(body, binary ? std::optional(encoded->json_size) : std::nullopt);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->model_version, "2");
    EXPECT_EQ(*reply->parameter("temper_prediction_id"), ParameterValue(std::string("x")));
    body.clear();
    for (const NamedTensor& each : tensors) {
      const Tensor* output = reply->output(each.name);
      ASSERT_NE(output, nullptr);
      EXPECT_TRUE(std::ranges::equal(output->data, each.tensor.data));
    }
    EXPECT_EQ(reply->output("nothing"), nullptr);
  }
}

TEST(ClientCodecTest, RefusesToSayAnInfinityInJson) {
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<NamedTensor> inputs{
      {.name = "x",
       .tensor = Tensor::copy_of(DataType::kFp32, {1}, std::as_bytes(std::span(&infinite, 1)))}};
  InferCall call{.id = {}, .inputs = inputs, .outputs = {}, .parameters = {}};
  call.binary = false;
  EXPECT_FALSE(encode_infer_call(call));
  call.binary = true;
  EXPECT_TRUE(encode_infer_call(call));
}

TEST(ClientCodecTest, ReadsErrorsAndWhatIsNone) {
  EXPECT_EQ(decode_error(404, R"({"error":"no model"})").code, ErrorCode::kNotFound);
  EXPECT_EQ(decode_error(404, R"({"error":"no model"})").message, "no model");
  EXPECT_EQ(decode_error(502, "<html>").code, ErrorCode::kInternal);
  EXPECT_EQ(decode_error(502, "<html>").message, "<html>");
  EXPECT_EQ(decode_error(500, "").message, "");
}

TEST(ClientCodecTest, ReadsBackModelMetadata) {
  ModelMetadata metadata{.name = "m",
                         .versions = {"1", "3"},
                         .platform = "onnxruntime_onnx",
                         .signature = {},
                         .properties = {}};
  metadata.signature.inputs = {
      {.name = "x", .datatype = DataType::kInt64, .shape = {-1, 4}, .dimension_names = {"", ""}}};
  const auto decoded = decode_model_metadata(model_metadata_json(metadata));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->versions, metadata.versions);
  EXPECT_EQ(decoded->signature, metadata.signature);
}

}  // namespace
}  // namespace temper::oip
