#include "temper/gateway/oip/metadata_json.h"

#include <string_view>

#include "temper/gateway/oip/json_response.h"

namespace temper::oip {
namespace {

/// Writes objects and arrays; knows where commas go.
class Writer {
 public:
  Writer& open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Writer& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  Writer& key(std::string_view name) {
    separate();
    append_quoted(text_, name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  Writer& value(std::string_view text) {
    separate();
    append_quoted(text_, text);
    return *this;
  }
  template <typename Integer>
    requires std::is_integral_v<Integer>
  Writer& value(Integer number) {
    separate();
    text_ += std::to_string(number);
    return *this;
  }
  template <typename Value>
  Writer& member(std::string_view name, const Value& each) {
    return key(name).value(each);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  std::string text_;
  bool first_ = true;
};

void write_shape(Writer& writer, std::span<const std::int64_t> shape) {
  writer.open('[');
  for (const std::int64_t dimension : shape) writer.value(dimension);
  writer.close(']');
}

void write_tensors(Writer& writer, const std::vector<TensorSpec>& specs) {
  writer.open('[');
  for (const TensorSpec& spec : specs) {
    writer.open('{').member("name", spec.name).member("datatype", data_type_name(spec.datatype));
    writer.key("shape");
    write_shape(writer, spec.shape);
    writer.close('}');
  }
  writer.close(']');
}

/// Triton's configuration says "TYPE_STRING" for BYTES.
std::string config_type(DataType type) {
  if (type == DataType::kBytes) return "TYPE_STRING";
  return "TYPE_" + std::string(data_type_name(type));
}

void write_config_tensors(Writer& writer, const std::vector<TensorSpec>& specs, bool batched) {
  writer.open('[');
  for (const TensorSpec& spec : specs) {
    writer.open('{').member("name", spec.name).member("data_type", config_type(spec.datatype));
    writer.key("dims");
    const bool drop_first = batched && !spec.shape.empty();
    write_shape(writer, std::span(spec.shape).subspan(drop_first ? 1 : 0));
    writer.close('}');
  }
  writer.close(']');
}

void write_duration(Writer& writer, std::string_view name, const StatisticDuration& duration) {
  writer.key(name).open('{').member("count", duration.count).member("ns", duration.ns).close('}');
}

void write_statistics(Writer& writer, const ModelStatistics& model) {
  writer.open('{').member("name", model.name).member("version", model.version);
  writer.member("last_inference", model.last_inference_ms);
  writer.member("inference_count", model.inference_count);
  writer.member("execution_count", model.execution_count);
  writer.key("inference_stats").open('{');
  write_duration(writer, "success", model.success);
  write_duration(writer, "fail", model.fail);
  write_duration(writer, "queue", model.queue);
  write_duration(writer, "compute_input", model.compute_input);
  write_duration(writer, "compute_infer", model.compute_infer);
  write_duration(writer, "compute_output", model.compute_output);
  writer.close('}').key("batch_stats").open('[');
  for (const BatchStatistics& batch : model.batches) {
    writer.open('{').member("batch_size", batch.batch_size);
    write_duration(writer, "compute_input", batch.compute_input);
    write_duration(writer, "compute_infer", batch.compute_infer);
    write_duration(writer, "compute_output", batch.compute_output);
    writer.close('}');
  }
  writer.close(']').close('}');
}

}  // namespace

std::string server_metadata_json(const ServerMetadata& metadata) {
  Writer writer;
  writer.open('{').member("name", metadata.name).member("version", metadata.version);
  writer.key("extensions").open('[');
  for (const std::string& extension : metadata.extensions) writer.value(extension);
  writer.close(']').close('}');
  return writer.take();
}

std::string model_metadata_json(const ModelMetadata& metadata) {
  Writer writer;
  writer.open('{').member("name", metadata.name).key("versions").open('[');
  for (const std::string& version : metadata.versions) writer.value(version);
  writer.close(']').member("platform", metadata.platform);
  writer.key("inputs");
  write_tensors(writer, metadata.signature.inputs);
  writer.key("outputs");
  write_tensors(writer, metadata.signature.outputs);
  if (!metadata.properties.empty()) {
    writer.key("properties").open('{');
    for (const auto& [name, value] : metadata.properties) writer.member(name, value);
    writer.close('}');
  }
  writer.close('}');
  return writer.take();
}

std::string model_config_json(const ModelConfig& config) {
  const bool batched = config.max_batch_size > 0;
  Writer writer;
  writer.open('{').member("name", config.name).member("platform", config.platform);
  writer.member("backend", config.backend).member("max_batch_size", config.max_batch_size);
  writer.key("input");
  write_config_tensors(writer, config.signature.inputs, batched);
  writer.key("output");
  write_config_tensors(writer, config.signature.outputs, batched);
  writer.key("instance_group").open('[').open('{').member("name", config.name);
  writer.member("kind", std::string_view("KIND_CPU")).member("count", config.instance_count);
  writer.close('}').close(']');
  if (batched) {
    writer.key("dynamic_batching").open('{');
    writer.member("max_queue_delay_microseconds", config.max_queue_delay_us).close('}');
  }
  writer.close('}');
  return writer.take();
}

std::string statistics_json(std::span<const ModelStatistics> models) {
  Writer writer;
  writer.open('{').key("model_stats").open('[');
  for (const ModelStatistics& model : models) write_statistics(writer, model);
  writer.close(']').close('}');
  return writer.take();
}

std::string repository_index_json(std::span<const RepositoryEntry> entries) {
  Writer writer;
  writer.open('[');
  for (const RepositoryEntry& entry : entries) {
    writer.open('{').member("name", entry.name);
    if (!entry.version.empty()) writer.member("version", entry.version);
    if (!entry.state.empty()) writer.member("state", entry.state);
    if (!entry.reason.empty()) writer.member("reason", entry.reason);
    writer.close('}');
  }
  writer.close(']');
  return writer.take();
}

}  // namespace temper::oip
