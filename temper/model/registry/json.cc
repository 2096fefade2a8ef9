#include "temper/model/registry/json.h"

#include <nlohmann/json.hpp>

#include "temper/model/registry/registry.h"

namespace temper::registry {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t created_at_ms(const VersionRecord& record) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(record.created_at.time_since_epoch())
      .count();
}

}  // namespace

Status check_json_object(std::string_view text, std::string_view what) {
  constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::kInvalidArgument, "{} has {} bytes, the limit is 16 MiB", what,
                text.size());
  }
  try {
    const Json value = Json::parse(text);
    if (value.is_object()) return {};
    return fail(ErrorCode::kInvalidArgument, "{}: expected a JSON object, found {}", what,
                value.type_name());
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "{} is not JSON: {}", what, error.what());
  }
}

std::string metadata_to_json(const std::map<std::string, std::string>& metadata) {
  return dump(Json(metadata));
}

Result<std::map<std::string, std::string>> metadata_from_json(std::string_view text) {
  try {
    return Json::parse(text).get<std::map<std::string, std::string>>();
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInternal, "the registry's metadata is damaged: {}", error.what());
  }
}

std::string to_json(const VersionRecord& record) {
  try {
    Json object = {{"model", record.model},
                   {"version", record.version},
                   {"aliases", record.aliases},
                   {"artifact", record.artifact.string()},
                   {"artifact_sha256", record.artifact_sha256},
                   {"artifact_bytes", record.artifact_bytes},
                   {"created_at_ms", created_at_ms(record)},
                   {"parent_version", record.parent_version},
                   {"notes", record.notes},
                   {"roles",
                    {{"task", record.roles.task},
                     {"label_output", record.roles.label_output},
                     {"probability_output", record.roles.probability_output},
                     {"positive_class", record.roles.positive_class}}}};
    object["feature_map"] =
        record.feature_map.empty() ? Json(nullptr) : Json::parse(record.feature_map);
    object["reference"] = nullptr;
    if (record.reference) {
      object["reference"] = {{"file", record.reference->file.string()},
                             {"sha256", record.reference->sha256},
                             {"original_name", record.reference->original_name},
                             {"label_column", record.reference->label_column}};
    }
    object["metadata"] = record.metadata;
    object["probe"] = Json::parse(runtime::to_json(record.probe));
    return dump(object);
  } catch (const Json::exception& error) {
    // Both texts were checked when they were written and when they were read.
    return dump({{"model", record.model}, {"version", record.version}, {"error", error.what()}});
  }
}

std::string to_json(const ModelSummary& summary) {
  return dump(
      {{"name", summary.name}, {"versions", summary.versions}, {"aliases", summary.aliases}});
}

}  // namespace temper::registry
