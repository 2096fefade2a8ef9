#include "temper/gateway/grpc/server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <thread>

#include "inference.grpc.pb.h"
#include "temper/gateway/service/service_fixture.h"

namespace temper::gateway::grpc {
namespace {

using Stub = inference::GRPCInferenceService::Stub;

class GrpcServerTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ServiceFixture::SetUp();
    profile_->server.admin_grpc = "127.0.0.1:0";
    start_server();
  }
  void TearDown() override {
    server_.reset();
    ServiceFixture::TearDown();
  }

  void start_server() {
    auto started = GrpcServer::start(*service_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    open_ = stub(server_->grpc_address());
    admin_ = stub(server_->admin_address());
  }

  static std::unique_ptr<Stub> stub(const std::string& address) {
    return inference::GRPCInferenceService::NewStub(
        ::grpc::CreateChannel(address, ::grpc::InsecureChannelCredentials()));
  }

  static inference::ModelInferRequest request(std::int64_t rows) {
    inference::ModelInferRequest request;
    request.set_model_name("linear");
    request.set_id("42");
    auto* input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    input->add_shape(rows);
    input->add_shape(4);
    const Tensor tensor = rows_of_four(rows);
    request.add_raw_input_contents(tensor.data.data(), tensor.data.size());
    return request;
  }

  ::grpc::Status infer(const inference::ModelInferRequest& message,
                       inference::ModelInferResponse& response, const std::string& key = "") {
    ::grpc::ClientContext context;
    if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
    return open_->ModelInfer(&context, message, &response);
  }

  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<Stub> open_;
  std::unique_ptr<Stub> admin_;
};

TEST_F(GrpcServerTest, Infers) {
  inference::ModelInferResponse response;
  const ::grpc::Status status = infer(request(3), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.id(), "42");
  EXPECT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.raw_output_contents(0).size(), 3U * 3U * 4U);
  EXPECT_TRUE(response.parameters().contains("temper_prediction_id"));
}

TEST_F(GrpcServerTest, AnswersTheHealthCheckThatBalancersSend) {
  ::grpc::GenericStub generic(
      ::grpc::CreateChannel(server_->grpc_address(), ::grpc::InsecureChannelCredentials()));
  ::grpc::ClientContext context;
  ::grpc::CompletionQueue queue;
  const ::grpc::Slice nothing;  // HealthCheckRequest{}
  const ::grpc::ByteBuffer everything(&nothing, 1);
  ::grpc::ByteBuffer response;
  ::grpc::Status status;
  const auto call =
      generic.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", everything, &queue);
  call->StartCall();
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  ASSERT_TRUE(status.ok()) << status.error_message();
  ::grpc::Slice bytes;
  ASSERT_TRUE(response.DumpToSingleSlice(&bytes).ok());
  // HealthCheckResponse{status: SERVING}: field 1, varint 1.
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), std::string("\x08\x01", 2));
}

TEST_F(GrpcServerTest, MapsErrorsToTheirCodes) {
  inference::ModelInferResponse response;
  inference::ModelInferRequest unknown = request(1);
  unknown.set_model_name("nobody");
  EXPECT_EQ(infer(unknown, response).error_code(), ::grpc::StatusCode::NOT_FOUND);
  inference::ModelInferRequest bad = request(1);
  bad.mutable_inputs(0)->set_shape(0, 2);
  EXPECT_EQ(infer(bad, response).error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServerTest, AnswersTheProtocolsPages) {
  ::grpc::ClientContext live;
  inference::ServerLiveResponse live_response;
  EXPECT_TRUE(open_->ServerLive(&live, {}, &live_response).ok());
  EXPECT_TRUE(live_response.live());
  inference::ModelMetadataRequest named;
  named.set_name("linear");
  ::grpc::ClientContext metadata;
  inference::ModelMetadataResponse metadata_response;
  ASSERT_TRUE(open_->ModelMetadata(&metadata, named, &metadata_response).ok());
  EXPECT_EQ(metadata_response.inputs(0).shape(1), 4);
  inference::ModelConfigRequest config_request;
  config_request.set_name("linear");
  ::grpc::ClientContext config;
  inference::ModelConfigResponse config_response;
  ASSERT_TRUE(open_->ModelConfig(&config, config_request, &config_response).ok());
  EXPECT_EQ(config_response.config().max_batch_size(), 16);
  ::grpc::ClientContext statistics;
  inference::ModelStatisticsResponse statistics_response;
  ASSERT_TRUE(open_->ModelStatistics(&statistics, {}, &statistics_response).ok());
  EXPECT_EQ(statistics_response.model_stats_size(), 1);
  ::grpc::ClientContext index;
  inference::RepositoryIndexResponse index_response;
  ASSERT_TRUE(open_->RepositoryIndex(&index, {}, &index_response).ok());
  EXPECT_EQ(index_response.models(0).state(), "READY");
}

TEST_F(GrpcServerTest, AModelThatDoesNotExistIsNotReady) {
  for (const auto& [name, ready] : {std::pair("linear", true), std::pair("nobody", false)}) {
    inference::ModelReadyRequest asked;
    asked.set_name(name);
    inference::ModelReadyResponse response;
    ::grpc::ClientContext context;
    EXPECT_TRUE(open_->ModelReady(&context, asked, &response).ok()) << name;
    EXPECT_EQ(response.ready(), ready) << name;
  }
}

TEST_F(GrpcServerTest, LoadsAndUnloadsOnTheAdminListenerOnly) {
  inference::RepositoryModelUnloadRequest unload;
  unload.set_model_name("linear");
  inference::RepositoryModelUnloadResponse unloaded;
  ::grpc::ClientContext refused;
  EXPECT_EQ(open_->RepositoryModelUnload(&refused, unload, &unloaded).error_code(),
            ::grpc::StatusCode::PERMISSION_DENIED);
  ::grpc::ClientContext taken;
  EXPECT_TRUE(admin_->RepositoryModelUnload(&taken, unload, &unloaded).ok());
  inference::ModelInferResponse response;
  EXPECT_EQ(infer(request(1), response).error_code(), ::grpc::StatusCode::UNAVAILABLE);
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("linear");
  inference::RepositoryModelLoadResponse loaded;
  ::grpc::ClientContext again;
  EXPECT_TRUE(admin_->RepositoryModelLoad(&again, load, &loaded).ok());
  EXPECT_TRUE(infer(request(1), response).ok());
}

TEST_F(GrpcServerTest, DemandsAKeyWhereTheProfileHasKeys) {
  server_.reset();
  service_.reset();
  profile_->api_keys.push_back({.name = "web", .sha256 = sha256_hex("k")});
  start_service();
  start_server();
  inference::ModelInferResponse response;
  EXPECT_EQ(infer(request(1), response).error_code(), ::grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(infer(request(1), response, "k").ok());
}

TEST_F(GrpcServerTest, AStreamAnswersInOrderAndSurvivesABadRequest) {
  ::grpc::ClientContext context;
  const auto stream = open_->ModelStreamInfer(&context);
  for (int i = 0; i < 5; ++i) {
    inference::ModelInferRequest message = request(i == 2 ? 1 : i + 1);
    if (i == 2) message.mutable_inputs(0)->set_name("y");
    ASSERT_TRUE(stream->Write(message));
  }
  stream->WritesDone();
  for (int i = 0; i < 5; ++i) {
    inference::ModelStreamInferResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.error_message().empty(), i != 2) << response.error_message();
    if (i != 2) {
      EXPECT_EQ(response.infer_response().outputs(0).shape(0), i + 1);
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, ManyCallersAtOnceEachGetTheirOwnRows) {
  std::vector<std::jthread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 25; ++i) {
        const int rows = 1 + (caller + i) % 5;
        inference::ModelInferResponse response;
        const ::grpc::Status status = infer(request(rows), response);
        if (!status.ok() || response.outputs(0).shape(0) != rows) ++wrong;
      }
    });
  }
  callers.clear();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace temper::gateway::grpc
