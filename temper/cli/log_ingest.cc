#include "temper/cli/log_ingest.h"

#include <algorithm>
#include <utility>

#include "temper/core/ids.h"
#include "temper/record/worker/event_json.h"

namespace temper::cli {
namespace {

/// Rows that share one flush to the disk.
constexpr std::size_t kRowsPerFlush = 4096;
/// So few that the drift sink still holds them back when their labels come: each label then counts
/// for the window of its row.
constexpr std::size_t kRowsPerLook = gateway::RowBuffer::kHeld / 2;
/// How long a stream that is full, or a store that does not get on, is waited for.
constexpr Duration kPatience = std::chrono::minutes(1);
constexpr std::size_t kMostFindings = 1'000'000;

}  // namespace

LogIngest::LogIngest(const std::string& model, const Signature& signature,
                     std::shared_ptr<const profile::Profile> profile, std::filesystem::path folder)
    : profile_(std::move(profile)),
      folder_(std::move(folder)),
      tier_(profile_->policy_for(model).tier),
      start_(clock_.wall_now()) {
  registry::VersionRecord record;
  record.model = model;
  record.version = kNotServed;
  record.probe.signature = signature;
  version_ = std::make_shared<const registry::VersionRecord>(std::move(record));
}

Status LogIngest::open() {
  auto streams = open_streams(*profile_, folder_, clock_);
  if (!streams) {
    const bool held = streams.error().code == ErrorCode::kUnavailable;
    return with_context(
        std::move(streams).error(),
        held ? "is 'temper serve' running on this folder? stop it, or ingest into another"
             : "streams");
  }
  streams_ = std::move(*streams);
  const std::string& prefix = profile_->streams.prefix;
  TEMPER_TRY(predictions_, streams_->open(prefix + std::string(streams::kPredictions)));
  TEMPER_TRY(labels_, streams_->open(prefix + std::string(record::kFeedbackStream)));
  TEMPER_TRY(events_, streams_->open(prefix + std::string(streams::kDriftEvents)));
  // Labels are judged here, beside their rows; the worker only stores them.
  TEMPER_TRY(worker_, WorkerRole::start(*profile_, folder_, *streams_, nullptr, metrics_, clock_));
  record_ =
      std::make_unique<gateway::RecordSink>(*predictions_, make_uuid_v7(start_, rng_).to_string(),
                                            metrics_, profile_->metrics_prefix, clock_);
  drift_ = std::make_unique<gateway::DriftSink>(folder_, profile_, events_, metrics_, clock_);
  return {};
}

Status LogIngest::take(const PredictionLog& log) {
  for (std::size_t first = 0; first < log.rows(); first += kRowsPerFlush) {
    const std::size_t end = std::min(first + kRowsPerFlush, log.rows());
    TEMPER_TRY(const std::vector<gateway::KeptEvidence> rows, evidence(log, first, end));
    TEMPER_TRY_STATUS(record(rows));
    TEMPER_TRY_STATUS(record_labels(log, first, rows));
    watch(log, first, rows);
  }
  return {};
}

Result<IngestReport> LogIngest::finish() {
  drift_.reset();
  TEMPER_TRY_STATUS(wait_until_stored());
  const std::string checks = profile_->metrics_prefix + "_drift_checks_total";
  report_.checks =
      metrics_
          .counter(checks, "",
                   {{"model", version_->model}, {"version", std::to_string(version_->version)}})
          .value();
  TEMPER_TRY(const std::vector<stores::DriftEventRecord> events,
             worker_->store().drift_events(
                 version_->model, {.from_ns = start_.time_since_epoch().count()}, kMostFindings));
  report_.findings = static_cast<std::uint64_t>(
      std::ranges::count(events, kNotServed, &stores::DriftEventRecord::version));
  return report_;
}

Result<std::vector<gateway::KeptEvidence>> LogIngest::evidence(const PredictionLog& log,
                                                               std::size_t first, std::size_t end) {
  std::vector<std::size_t> all(version_->probe.signature.outputs.size());
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
  std::vector<gateway::KeptEvidence> rows;
  rows.reserve(end - first);
  for (std::size_t row = first; row < end; ++row) {
    auto made = std::make_shared<gateway::Evidence>();
    made->version = version_;
    made->arrival = clock_.wall_now();
    made->prediction_id = make_uuid_v7(made->arrival, rng_);
    made->tenant = "default";
    made->tier = tier_;
    made->event_time = WallTime(Duration(log.times_ns()[row]));
    TEMPER_TRY(made->inputs, log.inputs(row, 1));
    TEMPER_TRY(made->outputs, log.outputs(row, 1));
    made->output_indices = all;
    rows.push_back({.evidence = std::move(made), .rate = 1});
  }
  return rows;
}

Status LogIngest::record(const std::vector<gateway::KeptEvidence>& rows) {
  record_->end_by(clock_.now() + kPatience);
  record_->take(rows);
  if (metrics_.counter(profile_->metrics_prefix + "_predictions_lost_total", "").value() > 0) {
    return fail(ErrorCode::kResourceExhausted,
                "after {} rows the stream of predictions takes no more: see the log above, and "
                "streams.max_bytes of the profile",
                report_.rows);
  }
  report_.rows += rows.size();
  last_prediction_ = rows.back().evidence->prediction_id.to_string();
  return {};
}

Status LogIngest::record_labels(const PredictionLog& log, std::size_t first,
                                const std::vector<gateway::KeptEvidence>& rows) {
  std::vector<stores::FeedbackRecord> records;
  // The log does not say when a label was observed. Here it is now: a label that looks older than
  // the store's retention would go before its prediction comes.
  for (std::size_t k = 0; k < rows.size(); ++k) {
    auto label = log.label(first + k);
    if (!label) continue;
    records.push_back({.prediction_id = rows[k].evidence->prediction_id.to_string(),
                       .row = 0,
                       .label = std::move(*label),
                       .observed_at_ns = rows[k].evidence->arrival.time_since_epoch().count(),
                       .source = "ingest"});
  }
  if (records.empty()) return {};
  TEMPER_TRY_STATUS(labels_->append(record::feedback_json(records)));
  report_.labels += records.size();
  last_labelled_ = records.back().prediction_id;
  return {};
}

void LogIngest::watch(const PredictionLog& log, std::size_t first,
                      std::span<const gateway::KeptEvidence> rows) {
  for (std::size_t at = 0; at < rows.size(); at += kRowsPerLook) {
    const std::size_t count = std::min(kRowsPerLook, rows.size() - at);
    drift_->take(rows.subspan(at, count));
    for (std::size_t row = first + at; row < first + at + count; ++row) {
      const auto correct = log.correct(row);
      if (!correct) continue;
      drift_->add_label(version_->model, version_->version, log.times_ns()[row], *correct);
    }
  }
}

/// The last event on the stream; empty where it is of an earlier run, which the store may have let
/// go by now.
Result<std::optional<stores::DriftEventRecord>> LogIngest::last_event() {
  TEMPER_TRY(const streams::StreamInfo info, events_->info());
  TEMPER_TRY(const std::vector<streams::Entry> entries,
             events_->range(info.last, streams::kLastPossibleId, 1));
  if (entries.empty()) return std::optional<stores::DriftEventRecord>();
  TEMPER_TRY(stores::DriftEventRecord event, record::parse_drift_event(entries.front().bytes));
  if (event.detected_at_ns < start_.time_since_epoch().count()) {
    return std::optional<stores::DriftEventRecord>();
  }
  return std::optional(std::move(event));
}

/// Each stream is stored in its order: what came last is there once everything is.
Result<bool> LogIngest::is_stored(const std::optional<stores::DriftEventRecord>& event) {
  stores::PredictionStore& store = worker_->store();
  if (!last_prediction_.empty()) {
    TEMPER_TRY(const auto prediction, store.find_prediction(last_prediction_));
    if (!prediction) return false;
  }
  if (!last_labelled_.empty()) {
    TEMPER_TRY(const auto labels, store.find_feedback(last_labelled_));
    if (labels.empty()) return false;
  }
  if (!event) return true;
  TEMPER_TRY(
      const std::vector<stores::DriftEventRecord> events,
      store.drift_events(event->model,
                         {.from_ns = event->detected_at_ns, .to_ns = event->detected_at_ns + 1},
                         kMostFindings));
  return std::ranges::find(events, event->event_id, &stores::DriftEventRecord::event_id) !=
         events.end();
}

Status LogIngest::wait_until_stored() {
  TEMPER_TRY(const std::optional<stores::DriftEventRecord> event, last_event());
  std::uint64_t handled = worker_->handled();
  TimePoint until = clock_.now() + kPatience;
  for (;;) {
    TEMPER_TRY(const bool stored, is_stored(event));
    if (stored) return {};
    if (const std::uint64_t now = worker_->handled(); now != handled) {
      handled = now;
      until = clock_.now() + kPatience;
    }
    if (clock_.now() > until) {
      return fail(ErrorCode::kUnavailable,
                  "the store does not take what was ingested: see the log above; the rows wait "
                  "in the journal for the next 'temper ingest' or 'temper serve'");
    }
    sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace temper::cli
