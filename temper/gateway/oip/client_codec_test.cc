#include "temper/gateway/oip/client_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "temper/gateway/oip/json_request.h"
#include "temper/gateway/oip/json_response.h"
#include "temper/gateway/oip/metadata_json.h"

namespace temper::oip {
namespace {

using testing::HasSubstr;

NamedTensor floats(std::string name, std::vector<float> values) {
  return {.name = std::move(name),
          .tensor = Tensor::copy_of(DataType::kFp32, {static_cast<std::int64_t>(values.size())},
                                    std::as_bytes(std::span(values)))};
}

Result<DecodedInferRequest> serve_side(const EncodedCall& call) {
  auto body = std::make_shared<const std::string>(call.body);
  return decode_infer_request(
      {.bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = call.json_size});
}

TEST(ClientCodecTest, TheServerReadsWhatTheClientWrote) {
  const std::vector<std::string> words{"a", "b\n"};
  const std::array inputs{floats("x", {1, -0.0F, 2.5F}),
                          NamedTensor{"s", Tensor::of_strings({2}, words)}};
  const std::array<std::string, 2> outputs{"y", "z"};
  for (const bool binary : {true, false}) {
    RequestParameters parameters{
        .unit_id = "u\"1",
        .event_time_ns = 12,
        .timeout = std::chrono::microseconds(7),
        .priority = 2,
        .others = {{"k", true}, {"d", 0.5}, {"e", 5.0}, {"t", std::string("v")}}};
    const auto call = encode_infer_call({.id = "id-1",
                                         .inputs = inputs,
                                         .outputs = outputs,
                                         .parameters = parameters,
                                         .binary = binary});
    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(call->json_size.has_value(), binary);
    const auto request = serve_side(*call);
    ASSERT_TRUE(request) << request.error().message << "\n" << call->body;
    EXPECT_EQ(request->id, "id-1");
    EXPECT_EQ(request->parameters, parameters);
    ASSERT_EQ(request->inputs.size(), 2U);
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(request->inputs[k].name, inputs[k].name);
      EXPECT_EQ(request->inputs[k].tensor.shape, inputs[k].tensor.shape);
      EXPECT_TRUE(std::ranges::equal(request->inputs[k].tensor.data, inputs[k].tensor.data));
    }
    ASSERT_EQ(request->outputs.size(), 2U);
    EXPECT_EQ(request->outputs[1].name, "z");
    EXPECT_EQ(request->outputs[1].binary, binary);
  }
}

TEST(ClientCodecTest, InfinityIsRefusedInJsonAndKeptInBinary) {
  const std::array inputs{floats("x", {std::numeric_limits<float>::infinity()})};
  EXPECT_FALSE(encode_infer_call(
      {.id = "", .inputs = inputs, .outputs = {}, .parameters = {}, .binary = false}));
  const auto call = encode_infer_call(
      {.id = "", .inputs = inputs, .outputs = {}, .parameters = {}, .binary = true});
  ASSERT_TRUE(call);
  EXPECT_TRUE(serve_side(*call));
}

TEST(ClientCodecTest, TheClientReadsWhatTheServerWrote) {
  const NamedTensor y = floats("y", {0.1F, 3e-9F});
  const NamedTensor z = floats("z", {7});
  const std::array parameters{ParameterView{"temper_prediction_id", std::string_view("p")}};
  const std::array views{OutputView{.name = y.name, .tensor = &y.tensor, .binary = true},
                         OutputView{.name = z.name, .tensor = &z.tensor, .binary = false}};
  std::string body;
  const auto encoded = append_infer_response(body, {.model_name = "m",
                                                    .model_version = "3",
                                                    .id = "q",
                                                    .parameters = parameters,
                                                    .outputs = views});
  ASSERT_TRUE(encoded);
  const auto reply = decode_infer_reply(body, encoded->json_size);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->model_version, "3");
  EXPECT_EQ(reply->id, "q");
  ASSERT_NE(reply->output("y"), nullptr);
  EXPECT_TRUE(std::ranges::equal(reply->output("y")->data, y.tensor.data));
  EXPECT_TRUE(std::ranges::equal(reply->output("z")->data, z.tensor.data));
  EXPECT_EQ(reply->output("w"), nullptr);
  ASSERT_NE(reply->parameter("temper_prediction_id"), nullptr);
  EXPECT_EQ(*reply->parameter("temper_prediction_id"), ParameterValue("p"));
  EXPECT_FALSE(decode_infer_reply(body, body.size() + 1));
  EXPECT_FALSE(decode_infer_reply(body + "x", encoded->json_size));
}

TEST(ClientCodecTest, ErrorsComeBackWithTheirCodeAndMessage) {
  const Error sent{.code = ErrorCode::kNotFound, .message = "no 'm'", .retry_after_ms = 0};
  const Error read = decode_error(404, error_body(sent));
  EXPECT_EQ(read.code, ErrorCode::kNotFound);
  EXPECT_THAT(read.message, HasSubstr("no 'm'"));
  EXPECT_EQ(decode_error(418, "tea").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(decode_error(599, "").code, ErrorCode::kInternal);
  EXPECT_EQ(decode_error_message("<html>"), "<html>");
  EXPECT_EQ(decode_error_message(R"({"error":1})"), R"({"error":1})");
}

TEST(ClientCodecTest, MetadataRoundTrips) {
  const ModelMetadata sent{.name = "m",
                           .versions = {"1"},
                           .platform = "onnxruntime_onnx",
                           .signature = {.inputs = {{.name = "x",
                                                     .datatype = DataType::kInt64,
                                                     .shape = {-1, 4},
                                                     .dimension_names = {"", ""}}},
                                         .outputs = {{.name = "y",
                                                      .datatype = DataType::kBytes,
                                                      .shape = {-1},
                                                      .dimension_names = {""}}}},
                           .properties = {{"batching", "on"}}};
  const auto read = decode_model_metadata(model_metadata_json(sent));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, sent.name);
  EXPECT_EQ(read->versions, sent.versions);
  EXPECT_EQ(read->signature, sent.signature);
  EXPECT_EQ(read->properties, sent.properties);
  EXPECT_FALSE(decode_model_metadata(R"({"inputs":[{"name":"x"}]})"));
}

}  // namespace
}  // namespace temper::oip
