// Infer requests and answers between protobuf and the protocol's plain values.
#pragma once

#include <memory>

#include "inference.pb.h"
#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"

namespace temper::gateway::grpc {

/// Decodes a request. Raw contents are viewed in place and `owner` keeps them alive; typed contents
/// are copied. Errors: kInvalidArgument naming the input, what came and what was expected.
[[nodiscard]] Result<oip::DecodedInferRequest> decode_infer_request(
    const inference::ModelInferRequest& message, const std::shared_ptr<const void>& owner);

/// Outputs go raw, whatever was asked.
void encode_infer_response(const oip::InferResponseView& view,
                           inference::ModelInferResponse& message);

}  // namespace temper::gateway::grpc
