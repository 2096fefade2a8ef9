#include "temper/cli/client/model_client.h"

#include <gtest/gtest.h>

#include "temper/cli/client/scripted_server.h"

namespace temper::client {
namespace {

constexpr std::string_view kMetadata =
    R"({"name":"m","versions":["1"],"platform":"onnxruntime_onnx",)"
    R"("inputs":[{"name":"x","datatype":"FP32","shape":[-1,1]}],)"
    R"("outputs":[{"name":"y","datatype":"FP32","shape":[-1,1]}]})";
constexpr std::string_view kReply =
    R"({"model_name":"m","model_version":"1","outputs":)"
    R"([{"name":"y","datatype":"FP32","shape":[1,1],"data":[0.5]}]})";

ServerOptions options_for(const ScriptedServer& server, std::string model = "m") {
  return {.url = server.url(),
          .model = std::move(model),
          .api_key = {},
          .timeout = std::chrono::seconds(5)};
}

std::string scripted(const std::string& request) {
  return ScriptedServer::answer(request.starts_with("GET ") ? kMetadata : kReply);
}

TEST(ModelClientTest, ReadsTheSignature) {
  ScriptedServer server(scripted);
  const auto model = ModelClient::connect(options_for(server));
  ASSERT_TRUE(model) << model.error().message;
  ASSERT_EQ(model->signature().inputs.size(), 1U);
  EXPECT_EQ(model->signature().inputs[0].name, "x");
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /v2/models/m HTTP/1.1\r\n"));
}

TEST(ModelClientTest, AsksForTheVersionNamed) {
  ScriptedServer server(scripted);
  ASSERT_TRUE(ModelClient::connect(options_for(server, "m:7")));
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /v2/models/m/versions/7 HTTP/1.1\r\n"));
}

TEST(ModelClientTest, SendsTheKeyAndTheBinaryHeaderLength) {
  ScriptedServer server(scripted);
  ServerOptions options = options_for(server);
  options.api_key = "secret";
  auto model = ModelClient::connect(options);
  ASSERT_TRUE(model);
  const float value = 1;
  const std::vector<oip::NamedTensor> inputs = {
      {.name = "x",
       .tensor = Tensor::copy_of(DataType::kFp32, {1, 1}, std::as_bytes(std::span(&value, 1)))}};
  const auto reply = model->infer(
      oip::InferCall{.id = {}, .inputs = inputs, .outputs = {}, .parameters = {}, .binary = true});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_NE(reply->output("y"), nullptr);
  const std::string request = server.requests().at(1);
  EXPECT_NE(request.find("temper-api-key: secret\r\n"), std::string::npos);
  EXPECT_NE(request.find("Inference-Header-Content-Length: "), std::string::npos);
}

TEST(ModelClientTest, NamesModelAndServerWhenThereIsNoSuchModel) {
  ScriptedServer server([](const std::string&) {
    return ScriptedServer::answer(R"({"error":"model 'm' is not registered"})", "404 Not Found");
  });
  const auto model = ModelClient::connect(options_for(server));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_NE(model.error().message.find("not registered"), std::string::npos);
  EXPECT_NE(model.error().message.find(server.url()), std::string::npos);
}

TEST(ModelClientTest, SaysWhenTheAnswerIsNoInferenceServers) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("<html>"); });
  const auto model = ModelClient::connect(options_for(server));
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().message.find("no inference server"), std::string::npos);
}

TEST(ModelClientTest, HandsOnTheServersRetryHint) {
  ScriptedServer server([](const std::string& request) {
    if (request.starts_with("GET ")) return ScriptedServer::answer(kMetadata);
    return ScriptedServer::answer(R"({"error":"queue is full"})", "429 Too Many Requests",
                                  "temper-retry-after-ms: 12\r\n");
  });
  auto model = ModelClient::connect(options_for(server));
  ASSERT_TRUE(model);
  const auto reply = model->infer(oip::EncodedCall{.body = "{}", .json_size = std::nullopt});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(reply.error().retry_after_ms, 12);
}

}  // namespace
}  // namespace temper::client
