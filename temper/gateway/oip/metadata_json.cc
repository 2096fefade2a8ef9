#include "temper/gateway/oip/metadata_json.h"

#include <nlohmann/json.hpp>

namespace temper::oip {
namespace {

using Json = nlohmann::ordered_json;

// Names and reasons may hold any bytes; an answer is always valid JSON.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json tensors_json(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    list.push_back(
        {{"name", spec.name}, {"datatype", data_type_name(spec.datatype)}, {"shape", spec.shape}});
  }
  return list;
}

/// Triton's spelling: "TYPE_FP32", and "TYPE_STRING" for BYTES.
std::string config_type_name(DataType type) {
  return type == DataType::kBytes ? "TYPE_STRING" : "TYPE_" + std::string(data_type_name(type));
}

Json config_tensors_json(const std::vector<TensorSpec>& specs, bool batched) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs) {
    const auto first = spec.shape.begin() + (batched && !spec.shape.empty() ? 1 : 0);
    list.push_back({{"name", spec.name},
                    {"data_type", config_type_name(spec.datatype)},
                    {"dims", Shape(first, spec.shape.end())}});
  }
  return list;
}

Json duration_json(const StatisticDuration& duration) {
  return {{"count", duration.count}, {"ns", duration.ns}};
}

Json batch_json(const BatchStatistics& batch) {
  return {{"batch_size", batch.batch_size},
          {"compute_input", duration_json(batch.compute_input)},
          {"compute_infer", duration_json(batch.compute_infer)},
          {"compute_output", duration_json(batch.compute_output)}};
}

Json model_statistics_json(const ModelStatistics& model) {
  Json batches = Json::array();
  for (const BatchStatistics& batch : model.batches) batches.push_back(batch_json(batch));
  return {{"name", model.name},
          {"version", model.version},
          {"last_inference", model.last_inference_ms},
          {"inference_count", model.inference_count},
          {"execution_count", model.execution_count},
          {"inference_stats",
           {{"success", duration_json(model.success)},
            {"fail", duration_json(model.fail)},
            {"queue", duration_json(model.queue)},
            {"compute_input", duration_json(model.compute_input)},
            {"compute_infer", duration_json(model.compute_infer)},
            {"compute_output", duration_json(model.compute_output)}}},
          {"batch_stats", std::move(batches)}};
}

}  // namespace

std::string server_metadata_json(const ServerMetadata& metadata) {
  return dump({{"name", metadata.name},
               {"version", metadata.version},
               {"extensions", metadata.extensions}});
}

std::string model_metadata_json(const ModelMetadata& metadata) {
  Json json{{"name", metadata.name},
            {"versions", metadata.versions},
            {"platform", metadata.platform},
            {"inputs", tensors_json(metadata.signature.inputs)},
            {"outputs", tensors_json(metadata.signature.outputs)}};
  if (!metadata.properties.empty()) {
    Json& properties = json["properties"] = Json::object();
    for (const auto& [name, value] : metadata.properties) properties[name] = value;
  }
  return dump(json);
}

std::string model_config_json(const ModelConfig& config) {
  const bool batched = config.max_batch_size > 0;
  Json json{
      {"name", config.name},
      {"platform", config.platform},
      {"backend", config.backend},
      {"max_batch_size", config.max_batch_size},
      {"input", config_tensors_json(config.signature.inputs, batched)},
      {"output", config_tensors_json(config.signature.outputs, batched)},
      {"instance_group", Json::array({{{"name", config.name}, {"count", config.instance_count}}})}};
  if (batched) {
    json["dynamic_batching"] = {{"max_queue_delay_microseconds", config.max_queue_delay_us}};
  }
  return dump(json);
}

std::string statistics_json(std::span<const ModelStatistics> models) {
  Json list = Json::array();
  for (const ModelStatistics& model : models) list.push_back(model_statistics_json(model));
  return dump({{"model_stats", std::move(list)}});
}

std::string repository_index_json(std::span<const RepositoryEntry> entries) {
  Json list = Json::array();
  for (const RepositoryEntry& entry : entries) {
    Json model{{"name", entry.name}};
    if (!entry.version.empty()) model["version"] = entry.version;
    if (!entry.state.empty()) model["state"] = entry.state;
    if (!entry.reason.empty()) model["reason"] = entry.reason;
    list.push_back(std::move(model));
  }
  return dump(list);
}

}  // namespace temper::oip
