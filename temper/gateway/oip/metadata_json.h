// Metadata, configuration, statistics and the repository index as JSON, in Triton's words.
#pragma once

#include <span>
#include <string>

#include "temper/core/result.h"
#include "temper/gateway/oip/metadata.h"

namespace temper::oip {

/// GET v2
[[nodiscard]] std::string server_metadata_json(const ServerMetadata& metadata);
/// GET v2/models/NAME[/versions/VERSION]
[[nodiscard]] std::string model_metadata_json(const ModelMetadata& metadata);
/// GET v2/models/NAME[/versions/VERSION]/config
[[nodiscard]] std::string model_config_json(const ModelConfig& config);
/// GET v2/models[/NAME[/versions/VERSION]]/stats
[[nodiscard]] std::string statistics_json(std::span<const ModelStatistics> models);
/// POST v2/repository/index
[[nodiscard]] std::string repository_index_json(std::span<const RepositoryEntry> entries);

}  // namespace temper::oip
