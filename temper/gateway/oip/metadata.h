// What a server says about itself and its models, in the words of the Open Inference Protocol and
// of Triton's extensions (model repository, statistics), whatever the encoding.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "temper/model/tensor/signature.h"

namespace temper::oip {

struct ServerMetadata {
  std::string name = "temper";
  std::string version;
  /// "binary_tensor_data", "model_repository", "statistics", "model_configuration", ...
  std::vector<std::string> extensions;
};

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  /// "onnxruntime_onnx" for a graph run by ONNX Runtime, as Triton names it.
  std::string platform;
  Signature signature;
  /// More to say, such as why rows of several callers do not share a run; JSON only.
  std::vector<std::pair<std::string, std::string>> properties;
};

/// The part of Triton's model configuration that has a meaning here.
struct ModelConfig {
  std::string name;
  std::string platform;
  std::string backend;
  /// 0 = rows of several requests never share a run; then shapes below are whole. Otherwise the
  /// first dimension is left out, as Triton has it.
  std::int64_t max_batch_size = 0;
  std::int64_t max_queue_delay_us = 0;
  std::int64_t instance_count = 1;
  Signature signature;
};

/// How often, and how long all of them took together.
struct StatisticDuration {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};

struct BatchStatistics {
  /// Rows in the run.
  std::uint64_t batch_size = 0;
  StatisticDuration compute_input;
  StatisticDuration compute_infer;
  StatisticDuration compute_output;
};

struct ModelStatistics {
  std::string name;
  std::string version;
  /// Milliseconds since the Unix epoch; 0 = never.
  std::uint64_t last_inference_ms = 0;
  /// Rows answered.
  std::uint64_t inference_count = 0;
  /// Runs of the model.
  std::uint64_t execution_count = 0;
  StatisticDuration success;
  StatisticDuration fail;
  StatisticDuration queue;
  StatisticDuration compute_input;
  StatisticDuration compute_infer;
  StatisticDuration compute_output;
  std::vector<BatchStatistics> batches;
};

struct RepositoryEntry {
  std::string name;
  /// Empty where no version is loaded or known.
  std::string version;
  /// "READY", "LOADING", "UNLOADING", "UNAVAILABLE"; empty = never loaded.
  std::string state;
  /// Why the model is not ready.
  std::string reason;
};

}  // namespace temper::oip
