#include "temper/record/worker/event_json.h"

#include <nlohmann/json.hpp>

namespace temper::record {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Runs `read`, which throws what the library throws.
template <typename T, typename Read>
Result<T> reading(std::string_view what, const Read& read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "{}: {}", what, error.what());
  }
}

}  // namespace

std::string feedback_json(std::span<const stores::FeedbackRecord> records) {
  Json list = Json::array();
  for (const stores::FeedbackRecord& record : records) {
    list.push_back({{"prediction_id", record.prediction_id},
                    {"row", record.row},
                    {"label", record.label},
                    {"observed_at_ns", record.observed_at_ns},
                    {"source", record.source}});
  }
  return dump(list);
}

Result<std::vector<stores::FeedbackRecord>> parse_feedback(std::string_view text) {
  using Records = std::vector<stores::FeedbackRecord>;
  return reading<Records>("feedback", [&] {
    Records records;
    for (const Json& entry : Json::parse(text)) {
      records.push_back({.prediction_id = entry.at("prediction_id").get<std::string>(),
                         .row = entry.at("row").get<std::int64_t>(),
                         .label = entry.at("label").get<std::string>(),
                         .observed_at_ns = entry.at("observed_at_ns").get<std::int64_t>(),
                         .source = entry.at("source").get<std::string>()});
    }
    return records;
  });
}

std::string drift_event_json(const stores::DriftEventRecord& record) {
  Json evidence = Json::parse(record.evidence, nullptr, false);
  if (evidence.is_discarded()) evidence = record.evidence;
  return dump({{"event_id", record.event_id},
               {"model", record.model},
               {"version", record.version},
               {"tenant", record.tenant},
               {"event_time_ns", record.event_time_ns},
               {"detected_at_ns", record.detected_at_ns},
               {"kind", record.kind},
               {"evidence", evidence}});
}

Result<stores::DriftEventRecord> parse_drift_event(std::string_view text) {
  return reading<stores::DriftEventRecord>("drift event", [&] {
    const Json event = Json::parse(text);
    return stores::DriftEventRecord{
        .event_id = event.at("event_id").get<std::string>(),
        .model = event.at("model").get<std::string>(),
        .version = event.at("version").get<std::int64_t>(),
        .tenant = event.at("tenant").get<std::string>(),
        .event_time_ns = event.at("event_time_ns").get<std::int64_t>(),
        .detected_at_ns = event.at("detected_at_ns").get<std::int64_t>(),
        .kind = event.at("kind").get<std::string>(),
        .evidence = dump(event.at("evidence"))};
  });
}

}  // namespace temper::record
