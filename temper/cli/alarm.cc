// temper alarm: what became of a drift event, said by a person; and the list of them.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "temper/cli/client/render.h"
#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/core/ids.h"
#include "temper/record/stores/sqlite/sqlite_store.h"

namespace temper::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAction = "alarm.judge";
constexpr std::size_t kMostRows = 100'000;

struct AlarmOptions {
  std::string id;
  std::string verdict;
  std::string by;
  std::string model;
  std::string data;
  std::string output;
};

Result<std::unique_ptr<stores::SqliteStore>> open_existing(const std::string& data) {
  const std::filesystem::path file = data_folder(data) / "store.db";
  if (!std::filesystem::exists(file)) {
    return fail(ErrorCode::kNotFound, "{}: nothing was recorded there yet", file.string());
  }
  return stores::SqliteStore::open(file, {});
}

/// The latest verdict of each event.
Result<std::map<std::string, std::string>> verdicts(stores::PredictionStore& store) {
  TEMPER_TRY(const std::vector<stores::AuditRecord> rows, store.audit({}, kMostRows));
  std::map<std::string, std::string> latest;
  for (const stores::AuditRecord& row : rows) {
    if (row.action != kAction) continue;
    latest[row.object] = Json::parse(row.detail, nullptr, false).value("verdict", "?");
  }
  return latest;
}

Status judge(const AlarmOptions& options) {
  TEMPER_TRY(const std::unique_ptr<stores::SqliteStore> store, open_existing(options.data));
  TEMPER_TRY(const std::vector<stores::DriftEventRecord> events,
             store->drift_events("", {}, kMostRows));
  const auto event = std::ranges::find(events, options.id, &stores::DriftEventRecord::event_id);
  if (event == events.end()) {
    return fail(ErrorCode::kNotFound,
                "there is no alarm '{}'; 'temper alarm list' shows those there are", options.id);
  }
  const Clock& clock = system_clock_instance();
  Rng rng(random_seed());
  const std::vector<stores::AuditRecord> rows = {
      {.audit_id = make_uuid_v7(clock.wall_now(), rng).to_string(),
       .time_ns = clock.wall_now().time_since_epoch().count(),
       .actor = options.by,
       .action = std::string(kAction),
       .object = options.id,
       .detail = Json{{"verdict", options.verdict}, {"model", event->model}}.dump()}};
  TEMPER_TRY_STATUS(store->append_audit(rows));
  return {};
}

int run_judge(const AlarmOptions& options) {
  if (options.id.empty() || options.verdict.empty()) {
    fmt::print(stderr, "temper alarm: ID and VERDICT are required; see `temper alarm --help`\n");
    return kUsage;
  }
  const Status judged = judge(options);
  if (!judged) return report_error(judged.error(), options.output);
  if (options.output == "json") {
    fmt::print("{}\n", Json{{"event_id", options.id}, {"verdict", options.verdict}}.dump());
  } else {
    fmt::print("{} is {}\n", options.id, options.verdict);
  }
  return kOk;
}

/// "2013-02-11 22:30".
std::string minute_text(std::int64_t ns) {
  const WallTime time{Duration(ns)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time - day).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     minutes / 60, minutes % 60);
}

/// What an operator looks at first: the features that moved.
std::string summary(const Json& evidence) {
  if (evidence.contains("feature")) return evidence["feature"].get<std::string>();
  std::string names;
  for (const Json& feature : evidence.value("features", Json::array())) {
    if (!feature.value("drift", false)) continue;
    names += (names.empty() ? "" : ", ") + feature.value("name", "");
  }
  return names.empty() ? fmt::format("score {:.3f}", evidence.value("score", 0.0)) : names;
}

int run_list(const AlarmOptions& options) {
  const auto store = open_existing(options.data);
  if (!store) return report_error(store.error(), options.output);
  const auto events = (*store)->drift_events(options.model, {}, kMostRows);
  if (!events) return report_error(events.error(), options.output);
  const auto judged = verdicts(**store);
  if (!judged) return report_error(judged.error(), options.output);
  const auto verdict_of = [&](const std::string& id) {
    const auto found = judged->find(id);
    return found == judged->end() ? std::string() : found->second;
  };
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const stores::DriftEventRecord& event : *events) {
    const Json evidence = Json::parse(event.evidence, nullptr, false);
    const std::string type = evidence.is_object() ? evidence.value("type", "") : "";
    list.push_back({{"event_id", event.event_id},
                    {"model", event.model},
                    {"version", event.version},
                    {"kind", event.kind},
                    {"event_time_ns", event.event_time_ns},
                    {"detected_at_ns", event.detected_at_ns},
                    {"verdict", verdict_of(event.event_id)},
                    {"evidence", evidence}});
    rows.push_back({event.event_id, fmt::format("{}:{}", event.model, event.version),
                    minute_text(event.event_time_ns), event.kind, type,
                    evidence.is_object() ? summary(evidence) : "", verdict_of(event.event_id)});
  }
  if (options.output == "json") {
    fmt::print("{}\n", list.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}",
               client::table_text(
                   {"id", "model", "event time", "kind", "by", "what moved", "verdict"}, rows));
  }
  return kOk;
}

}  // namespace

Command alarm_command() {
  return {.path = "alarm",
          .summary = "Say whether a drift event was real, false, or expected",
          .examples = {"temper alarm 01a20da9-5eea-71cd-883b-22e7f039596c real",
                       "temper alarm 01a20da9-5eea-71cd-883b-22e7f039596c false --by ana"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<AlarmOptions>();
            values->by = "operator";
            // Not `required`: that would ask for them before the verb `list` too.
            options.text(values->id, "ID", "the event's id, as the log and 'alarm list' name it");
            options.text(values->verdict, "VERDICT", "real, false or expected");
            options.one_of({"real", "false", "expected"});
            options.text(values->by, "--by", "who says so, for the audit");
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run_judge(*values); };
          },
          .hidden = false};
}

Command alarm_list_command() {
  return {.path = "alarm list",
          .summary = "The drift events that were recorded, and what was said of them",
          .examples = {"temper alarm list", "temper alarm list --model flights --output json"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<AlarmOptions>();
            options.text(values->model, "--model", "of this model only");
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run_list(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
