// What a server says about itself and its models, as protobuf.
#pragma once

#include <span>

#include "inference.pb.h"
#include "temper/gateway/oip/metadata.h"

namespace temper::gateway::grpc {

void encode(const oip::ServerMetadata& metadata, inference::ServerMetadataResponse& message);
void encode(const oip::ModelMetadata& metadata, inference::ModelMetadataResponse& message);
void encode(const oip::ModelConfig& config, inference::ModelConfig& message);
void encode(std::span<const oip::ModelStatistics> models,
            inference::ModelStatisticsResponse& message);
void encode(std::span<const oip::RepositoryEntry> entries,
            inference::RepositoryIndexResponse& message);

}  // namespace temper::gateway::grpc
