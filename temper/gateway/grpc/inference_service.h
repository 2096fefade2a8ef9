// The RPCs of one listener, each a few lines around Service.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>

#include "inference.grpc.pb.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::grpc {

class InferenceService final : public inference::GRPCInferenceService::CallbackService {
 public:
  InferenceService(gateway::Service& service, Surface surface);

  // The names of these are the protocol's.
  ::grpc::ServerUnaryReactor* ServerLive(::grpc::CallbackServerContext* context,
                                         const inference::ServerLiveRequest* request,
                                         inference::ServerLiveResponse* response) override;
  ::grpc::ServerUnaryReactor* ServerReady(::grpc::CallbackServerContext* context,
                                          const inference::ServerReadyRequest* request,
                                          inference::ServerReadyResponse* response) override;
  ::grpc::ServerUnaryReactor* ModelReady(::grpc::CallbackServerContext* context,
                                         const inference::ModelReadyRequest* request,
                                         inference::ModelReadyResponse* response) override;
  ::grpc::ServerUnaryReactor* ServerMetadata(::grpc::CallbackServerContext* context,
                                             const inference::ServerMetadataRequest* request,
                                             inference::ServerMetadataResponse* response) override;
  ::grpc::ServerUnaryReactor* ModelMetadata(::grpc::CallbackServerContext* context,
                                            const inference::ModelMetadataRequest* request,
                                            inference::ModelMetadataResponse* response) override;
  ::grpc::ServerUnaryReactor* ModelConfig(::grpc::CallbackServerContext* context,
                                          const inference::ModelConfigRequest* request,
                                          inference::ModelConfigResponse* response) override;
  ::grpc::ServerUnaryReactor* ModelStatistics(
      ::grpc::CallbackServerContext* context, const inference::ModelStatisticsRequest* request,
      inference::ModelStatisticsResponse* response) override;
  ::grpc::ServerUnaryReactor* RepositoryIndex(
      ::grpc::CallbackServerContext* context, const inference::RepositoryIndexRequest* request,
      inference::RepositoryIndexResponse* response) override;
  ::grpc::ServerUnaryReactor* RepositoryModelLoad(
      ::grpc::CallbackServerContext* context, const inference::RepositoryModelLoadRequest* request,
      inference::RepositoryModelLoadResponse* response) override;
  ::grpc::ServerUnaryReactor* RepositoryModelUnload(
      ::grpc::CallbackServerContext* context,
      const inference::RepositoryModelUnloadRequest* request,
      inference::RepositoryModelUnloadResponse* response) override;
  ::grpc::ServerUnaryReactor* ModelInfer(::grpc::CallbackServerContext* context,
                                         const inference::ModelInferRequest* request,
                                         inference::ModelInferResponse* response) override;
  ::grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
  ModelStreamInfer(::grpc::CallbackServerContext* context) override;

 private:
  [[nodiscard]] Result<const Caller*> authenticate(const ::grpc::CallbackServerContext& context,
                                                   std::optional<profile::Role> needed) const;

  gateway::Service& service_;
  const Surface surface_;
};

/// The status that carries `error`: its code by cast, its message, its retry hint as trailing
/// metadata `temper-retry-after-ms`.
[[nodiscard]] ::grpc::Status to_status(::grpc::CallbackServerContext& context, const Error& error);

/// Decodes `message`, asks `service` and answers through `done` with the encoded response's status;
/// `response` is filled before. A short model runs on this thread.
void infer(Service& service, ::grpc::CallbackServerContext& context, const Caller& caller,
           const inference::ModelInferRequest& message, const std::shared_ptr<const void>& owner,
           inference::ModelInferResponse& response, std::move_only_function<void(Status)> done);

}  // namespace temper::gateway::grpc
