#include "temper/gateway/grpc/metadata_codec.h"

#include <string>

namespace temper::gateway::grpc {
namespace {

inference::DataType config_data_type(DataType type) {
  switch (type) {
    case DataType::kBool:
      return inference::TYPE_BOOL;
    case DataType::kUint8:
      return inference::TYPE_UINT8;
    case DataType::kUint16:
      return inference::TYPE_UINT16;
    case DataType::kUint32:
      return inference::TYPE_UINT32;
    case DataType::kUint64:
      return inference::TYPE_UINT64;
    case DataType::kInt8:
      return inference::TYPE_INT8;
    case DataType::kInt16:
      return inference::TYPE_INT16;
    case DataType::kInt32:
      return inference::TYPE_INT32;
    case DataType::kInt64:
      return inference::TYPE_INT64;
    case DataType::kFp16:
      return inference::TYPE_FP16;
    case DataType::kBf16:
      return inference::TYPE_BF16;
    case DataType::kFp32:
      return inference::TYPE_FP32;
    case DataType::kFp64:
      return inference::TYPE_FP64;
    case DataType::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

void encode_tensor(const TensorSpec& spec,
                   inference::ModelMetadataResponse::TensorMetadata& message) {
  message.set_name(spec.name);
  message.set_datatype(std::string(data_type_name(spec.datatype)));
  message.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
}

/// Triton leaves the batch dimension out where requests share runs.
template <typename Message>
void encode_config_tensor(const TensorSpec& spec, bool batched, Message& message) {
  message.set_name(spec.name);
  message.set_data_type(config_data_type(spec.datatype));
  const auto first = spec.shape.begin() + (batched && !spec.shape.empty() ? 1 : 0);
  message.mutable_dims()->Add(first, spec.shape.end());
}

void encode_duration(const oip::StatisticDuration& duration,
                     inference::StatisticDuration& message) {
  message.set_count(duration.count);
  message.set_ns(duration.ns);
}

}  // namespace

void encode(const oip::ServerMetadata& metadata, inference::ServerMetadataResponse& message) {
  message.set_name(metadata.name);
  message.set_version(metadata.version);
  for (const std::string& extension : metadata.extensions) message.add_extensions(extension);
}

void encode(const oip::ModelMetadata& metadata, inference::ModelMetadataResponse& message) {
  message.set_name(metadata.name);
  for (const std::string& version : metadata.versions) message.add_versions(version);
  message.set_platform(metadata.platform);
  for (const TensorSpec& spec : metadata.signature.inputs) {
    encode_tensor(spec, *message.add_inputs());
  }
  for (const TensorSpec& spec : metadata.signature.outputs) {
    encode_tensor(spec, *message.add_outputs());
  }
}

void encode(const oip::ModelConfig& config, inference::ModelConfig& message) {
  const bool batched = config.max_batch_size > 0;
  message.set_name(config.name);
  message.set_platform(config.platform);
  message.set_backend(config.backend);
  message.set_max_batch_size(static_cast<std::int32_t>(config.max_batch_size));
  for (const TensorSpec& spec : config.signature.inputs) {
    encode_config_tensor(spec, batched, *message.add_input());
  }
  for (const TensorSpec& spec : config.signature.outputs) {
    encode_config_tensor(spec, batched, *message.add_output());
  }
  auto* group = message.add_instance_group();
  group->set_name(config.name);
  group->set_count(static_cast<std::int32_t>(config.instance_count));
  if (batched) {
    message.mutable_dynamic_batching()->set_max_queue_delay_microseconds(
        static_cast<std::uint64_t>(config.max_queue_delay_us));
  }
}

void encode(std::span<const oip::ModelStatistics> models,
            inference::ModelStatisticsResponse& message) {
  for (const oip::ModelStatistics& model : models) {
    auto* entry = message.add_model_stats();
    entry->set_name(model.name);
    entry->set_version(model.version);
    entry->set_last_inference(model.last_inference_ms);
    entry->set_inference_count(model.inference_count);
    entry->set_execution_count(model.execution_count);
    auto* totals = entry->mutable_inference_stats();
    encode_duration(model.success, *totals->mutable_success());
    encode_duration(model.fail, *totals->mutable_fail());
    encode_duration(model.queue, *totals->mutable_queue());
    encode_duration(model.compute_input, *totals->mutable_compute_input());
    encode_duration(model.compute_infer, *totals->mutable_compute_infer());
    encode_duration(model.compute_output, *totals->mutable_compute_output());
    for (const oip::BatchStatistics& batch : model.batches) {
      auto* sizes = entry->add_batch_stats();
      sizes->set_batch_size(batch.batch_size);
      encode_duration(batch.compute_input, *sizes->mutable_compute_input());
      encode_duration(batch.compute_infer, *sizes->mutable_compute_infer());
      encode_duration(batch.compute_output, *sizes->mutable_compute_output());
    }
  }
}

void encode(std::span<const oip::RepositoryEntry> entries,
            inference::RepositoryIndexResponse& message) {
  for (const oip::RepositoryEntry& entry : entries) {
    auto* model = message.add_models();
    model->set_name(entry.name);
    model->set_version(entry.version);
    model->set_state(entry.state);
    model->set_reason(entry.reason);
  }
}

}  // namespace temper::gateway::grpc
