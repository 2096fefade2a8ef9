#include "temper/gateway/grpc/inference_service.h"

#include <utility>

#include "temper/gateway/grpc/infer_codec.h"
#include "temper/gateway/grpc/metadata_codec.h"
#include "temper/gateway/grpc/stream_reactor.h"
#include "temper/gateway/service/context.h"

namespace temper::gateway::grpc {
namespace {

using Context = ::grpc::CallbackServerContext;
using Reactor = ::grpc::ServerUnaryReactor;

/// The messages of one ModelInfer call. They outlive the call while a run still reads the inputs: a
/// caller whose deadline passed is answered before the run it was part of has ended.
struct InferMessages {
  inference::ModelInferRequest request;
  inference::ModelInferResponse response;
};

class InferHolder final
    : public ::grpc::MessageHolder<inference::ModelInferRequest, inference::ModelInferResponse> {
 public:
  InferHolder() : messages_(std::make_shared<InferMessages>()) {
    set_request(&messages_->request);
    set_response(&messages_->response);
  }
  void Release() override { delete this; }
  [[nodiscard]] const std::shared_ptr<InferMessages>& messages() const { return messages_; }

 private:
  std::shared_ptr<InferMessages> messages_;
};

class InferAllocator final
    : public ::grpc::MessageAllocator<inference::ModelInferRequest, inference::ModelInferResponse> {
 public:
  ::grpc::MessageHolder<inference::ModelInferRequest, inference::ModelInferResponse>*
  AllocateMessages() override {
    return new InferHolder;  // released by gRPC when the call is over
  }
};

InferAllocator& infer_allocator() {
  static InferAllocator allocator;
  return allocator;
}

std::string_view view(const ::grpc::string_ref& text) { return {text.data(), text.size()}; }

std::string_view metadata_value(const Context& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  return found == context.client_metadata().end() ? std::string_view{} : view(found->second);
}

/// Time left until the caller's own deadline; empty where it named none.
std::optional<Duration> time_left(const Context& context, const Clock& clock) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  const auto left = std::chrono::time_point_cast<Duration>(deadline) - clock.wall_now();
  return std::max(Duration(1), left);
}

Reactor* finish(Context* context, const Status& status) {
  Reactor* reactor = context->DefaultReactor();
  reactor->Finish(status ? ::grpc::Status::OK : to_status(*context, status.error()));
  return reactor;
}

/// A page about models: authenticated, then asked, then encoded.
template <typename Ask, typename Encode>
Reactor* page(Context* context, const Result<const Caller*>& caller, Ask ask, Encode encode_page) {
  if (!caller) return finish(context, std::unexpected(caller.error()));
  auto result = ask();
  if (!result) return finish(context, std::unexpected(result.error()));
  encode_page(*result);
  return finish(context, {});
}

/// Runs what gRPC's thread enqueued as soon as it is enqueued: there is no poll to wait for.
class RunNow final : public InlineRunner {
 public:
  void run_later(const std::shared_ptr<ServedVersion>& served) override { served_ = served; }
  void run() const {
    if (served_) served_->executor->run_pending();
  }

 private:
  std::shared_ptr<ServedVersion> served_;
};

Result<InferCall> decode_call(const Context& context, const Clock& clock,
                              const inference::ModelInferRequest& message,
                              const std::shared_ptr<const void>& owner) {
  InferCall call{.model = message.model_name(),
                 .version = message.model_version(),
                 .request = {},
                 .arrival = clock.now(),
                 .transport_timeout = time_left(context, clock)};
  TEMPER_TRY(call.request, decode_infer_request(message, owner));
  for (const auto& [name, value] : context.client_metadata()) {
    TEMPER_TRY_STATUS(apply_header(call.request.parameters, view(name), view(value)));
  }
  return call;
}

}  // namespace

::grpc::Status to_status(Context& context, const Error& error) {
  if (error.retry_after_ms > 0) {
    context.AddTrailingMetadata("temper-retry-after-ms", std::to_string(error.retry_after_ms));
  }
  return {static_cast<::grpc::StatusCode>(error.code), error.message};
}

void infer(Service& service, Context& context, const Caller& caller,
           const inference::ModelInferRequest& message, const std::shared_ptr<const void>& owner,
           inference::ModelInferResponse& response, std::move_only_function<void(Status)> done) {
  Result<InferCall> call = decode_call(context, service.clock(), message, owner);
  if (!call) return done(std::unexpected(std::move(call).error()));
  RunNow runner;
  service.infer(caller, std::move(*call), &runner,
                [&response, done = std::move(done)](Result<InferAnswer> answer) mutable {
                  if (!answer) return done(std::unexpected(std::move(answer).error()));
                  AnswerStorage storage;
                  encode_infer_response(view_of(*answer, storage), response);
                  done({});
                });
  runner.run();
}

InferenceService::InferenceService(gateway::Service& service, Surface surface)
    : service_(service), surface_(surface) {
  SetMessageAllocatorFor_ModelInfer(&infer_allocator());
}

Result<const Caller*> InferenceService::authenticate(const Context& context,
                                                     std::optional<profile::Role> needed) const {
  std::string_view key = metadata_value(context, kApiKeyHeader.data());
  if (key.empty()) key = bearer_key(metadata_value(context, "authorization"));
  return service_.authenticate({.surface = surface_, .api_key = key}, needed);
}

Reactor* InferenceService::ServerLive(Context* context, const inference::ServerLiveRequest*,
                                      inference::ServerLiveResponse* response) {
  response->set_live(true);
  return finish(context, {});
}

Reactor* InferenceService::ServerReady(Context* context, const inference::ServerReadyRequest*,
                                       inference::ServerReadyResponse* response) {
  response->set_ready(service_.ready());
  return finish(context, {});
}

Reactor* InferenceService::ModelReady(Context* context, const inference::ModelReadyRequest* request,
                                      inference::ModelReadyResponse* response) {
  if (const auto caller = authenticate(*context, std::nullopt); !caller) {
    return finish(context, std::unexpected(caller.error()));
  }
  // As Triton has it: a model that does not exist is not ready either, and that is an answer.
  response->set_ready(service_.model_ready(request->name(), request->version()).has_value());
  return finish(context, Status{});
}

Reactor* InferenceService::ServerMetadata(Context* context, const inference::ServerMetadataRequest*,
                                          inference::ServerMetadataResponse* response) {
  return page(
      context, authenticate(*context, std::nullopt),
      [&]() -> Result<oip::ServerMetadata> { return service_.server_metadata(); },
      [&](const oip::ServerMetadata& metadata) { encode(metadata, *response); });
}

Reactor* InferenceService::ModelMetadata(Context* context,
                                         const inference::ModelMetadataRequest* request,
                                         inference::ModelMetadataResponse* response) {
  return page(
      context, authenticate(*context, std::nullopt),
      [&] { return service_.model_metadata(request->name(), request->version()); },
      [&](const oip::ModelMetadata& metadata) { encode(metadata, *response); });
}

Reactor* InferenceService::ModelConfig(Context* context,
                                       const inference::ModelConfigRequest* request,
                                       inference::ModelConfigResponse* response) {
  return page(
      context, authenticate(*context, std::nullopt),
      [&] { return service_.model_config(request->name(), request->version()); },
      [&](const oip::ModelConfig& config) { encode(config, *response->mutable_config()); });
}

Reactor* InferenceService::ModelStatistics(Context* context,
                                           const inference::ModelStatisticsRequest* request,
                                           inference::ModelStatisticsResponse* response) {
  return page(
      context, authenticate(*context, std::nullopt),
      [&] { return service_.statistics(request->name(), request->version()); },
      [&](const std::vector<oip::ModelStatistics>& models) { encode(models, *response); });
}

Reactor* InferenceService::RepositoryIndex(Context* context,
                                           const inference::RepositoryIndexRequest* request,
                                           inference::RepositoryIndexResponse* response) {
  return page(
      context, authenticate(*context, std::nullopt),
      [&]() -> Result<std::vector<oip::RepositoryEntry>> {
        return service_.repository_index(request->ready());
      },
      [&](const std::vector<oip::RepositoryEntry>& entries) { encode(entries, *response); });
}

Reactor* InferenceService::RepositoryModelLoad(Context* context,
                                               const inference::RepositoryModelLoadRequest* request,
                                               inference::RepositoryModelLoadResponse*) {
  if (const auto caller = authenticate(*context, profile::Role::kAdmin); !caller) {
    return finish(context, std::unexpected(caller.error()));
  }
  if (request->parameters_size() > 0) {
    return finish(context, fail(ErrorCode::kUnimplemented,
                                "overrides of configuration or files are not taken here"));
  }
  Reactor* reactor = context->DefaultReactor();
  service_.load(surface_, request->model_name(), [context, reactor](const Status& status) {
    reactor->Finish(status ? ::grpc::Status::OK : to_status(*context, status.error()));
  });
  return reactor;
}

Reactor* InferenceService::RepositoryModelUnload(
    Context* context, const inference::RepositoryModelUnloadRequest* request,
    inference::RepositoryModelUnloadResponse*) {
  if (const auto caller = authenticate(*context, profile::Role::kAdmin); !caller) {
    return finish(context, std::unexpected(caller.error()));
  }
  Reactor* reactor = context->DefaultReactor();
  service_.unload(surface_, request->model_name(), [context, reactor](const Status& status) {
    reactor->Finish(status ? ::grpc::Status::OK : to_status(*context, status.error()));
  });
  return reactor;
}

Reactor* InferenceService::ModelInfer(Context* context, const inference::ModelInferRequest* request,
                                      inference::ModelInferResponse* response) {
  const auto caller = authenticate(*context, profile::Role::kInfer);
  if (!caller) return finish(context, std::unexpected(caller.error()));
  Reactor* reactor = context->DefaultReactor();
  auto messages = static_cast<InferHolder*>(context->GetRpcAllocatorState())->messages();
  infer(service_, *context, **caller, *request, messages, *response,
        [context, reactor](const Status& status) {
          reactor->Finish(status ? ::grpc::Status::OK : to_status(*context, status.error()));
        });
  return reactor;
}

::grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
InferenceService::ModelStreamInfer(Context* context) {
  return start_stream(service_, *context, authenticate(*context, profile::Role::kInfer));
}

}  // namespace temper::gateway::grpc
