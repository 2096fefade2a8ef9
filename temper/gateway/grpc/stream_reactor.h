// One ModelStreamInfer stream: reads a request, answers it, reads the next.
#pragma once

#include <grpcpp/grpcpp.h>

#include "inference.grpc.pb.h"
#include "temper/core/result.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::grpc {

/// A reactor that deletes itself at the end of the stream. A request that fails is answered with an
/// error message, as the protocol has it; the stream goes on.
[[nodiscard]] ::grpc::ServerBidiReactor<inference::ModelInferRequest,
                                        inference::ModelStreamInferResponse>*
start_stream(Service& service, ::grpc::CallbackServerContext& context,
             Result<const Caller*> caller);

}  // namespace temper::gateway::grpc
