#include "temper/gateway/grpc/stream_reactor.h"

#include <memory>
#include <utility>

#include "temper/gateway/grpc/inference_service.h"

namespace temper::gateway::grpc {
namespace {

class StreamReactor final : public ::grpc::ServerBidiReactor<inference::ModelInferRequest,
                                                             inference::ModelStreamInferResponse> {
 public:
  StreamReactor(Service& service, ::grpc::CallbackServerContext& context,
                Result<const Caller*> caller)
      : service_(service), context_(context), caller_(std::move(caller)) {
    if (!caller_) {
      Finish(to_status(context_, caller_.error()));
      return;
    }
    read();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(::grpc::Status::OK);
      return;
    }
    response_.Clear();
    infer(service_, context_, **caller_, *request_, request_, *response_.mutable_infer_response(),
          [this](const Status& status) {
            if (!status) {
              response_.Clear();
              response_.set_error_message(status.error().message);
              response_.mutable_infer_response()->set_id(request_->id());
            }
            StartWrite(&response_);
          });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish(::grpc::Status(::grpc::StatusCode::CANCELLED, "the caller is gone"));
      return;
    }
    read();
  }

  void OnDone() override { delete this; }

 private:
  void read() {
    // A new message each time: a run may still read the last one's inputs.
    request_ = std::make_shared<inference::ModelInferRequest>();
    StartRead(request_.get());
  }

  Service& service_;
  ::grpc::CallbackServerContext& context_;
  const Result<const Caller*> caller_;
  std::shared_ptr<inference::ModelInferRequest> request_;
  inference::ModelStreamInferResponse response_;
};

}  // namespace

::grpc::ServerBidiReactor<inference::ModelInferRequest, inference::ModelStreamInferResponse>*
start_stream(Service& service, ::grpc::CallbackServerContext& context,
             Result<const Caller*> caller) {
  return new StreamReactor(service, context, std::move(caller));
}

}  // namespace temper::gateway::grpc
