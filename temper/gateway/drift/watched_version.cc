#include "temper/gateway/drift/watched_version.h"

#include <algorithm>
#include <utility>

#include "temper/gateway/drift/finding_json.h"
#include "temper/stats/encoding.h"

namespace temper::gateway {
namespace {

/// How far behind the wall's clock a window of live traffic is closed without further rows.
constexpr Duration kWallLag = std::chrono::seconds(30);

std::int64_t ns(WallTime time) { return time.time_since_epoch().count(); }

/// The start of the check interval that holds `time_ns`, for moments before 1970 too.
std::int64_t interval_start(std::int64_t time_ns, std::int64_t interval_ns) {
  const std::int64_t into = ((time_ns % interval_ns) + interval_ns) % interval_ns;
  return time_ns - into;
}

std::string kind_of(const drift::Check& check, const std::string& side) {
  const bool concept_only =
      check.kinds.concept_drift && !check.kinds.covariate && !check.kinds.prediction;
  return concept_only ? "concept" : side;
}

}  // namespace

Result<WatchedVersion> WatchedVersion::create(const registry::VersionRecord& record,
                                              const drift::DriftReference& reference,
                                              drift::MonitorConfig config) {
  const Signature& signature = record.probe.signature;
  WatchedVersion watched;
  watched.output_count_ = signature.outputs.size();
  TEMPER_TRY(const FeatureMap features, FeatureMap::of(record.feature_map, signature));
  if (reference.accuracy) {
    const auto correct = static_cast<std::uint64_t>(
        *reference.accuracy * static_cast<double>(reference.accuracy_rows) + 0.5);
    config.baseline =
        drift::BaselineAccuracy{.correct = correct, .labelled = reference.accuracy_rows};
  }
  TEMPER_TRY_STATUS(watched.add_side("covariate", false, features, reference.covariates, config));
  // Accuracy is judged once.
  if (!watched.sides_.empty()) config.baseline.reset();
  TEMPER_TRY_STATUS(watched.add_side("prediction", true, FeatureMap::of_outputs(signature),
                                     reference.predictions, config));
  if (watched.sides_.empty()) {
    return fail(
        ErrorCode::kFailedPrecondition,
        "neither features nor outputs of '{}' version {} can be compared with its reference",
        record.model, record.version);
  }
  return watched;
}

Status WatchedVersion::add_side(std::string name, bool outputs, const FeatureMap& map,
                                const std::optional<drift::Calibration>& calibration,
                                const drift::MonitorConfig& config) {
  if (!calibration || map.empty()) return {};
  if (calibration->features.size() != map.features().size()) {
    return fail(ErrorCode::kFailedPrecondition, "the reference has {} features, the model {}",
                calibration->features.size(), map.features().size());
  }
  auto shared = std::make_shared<const drift::Calibration>(*calibration);
  TEMPER_TRY(drift::Monitor monitor, drift::Monitor::create(shared, config));
  RowBuffer buffer(map);
  sides_.push_back({.name = std::move(name),
                    .outputs = outputs,
                    .calibration = std::move(shared),
                    .config = config,
                    .monitor = std::move(monitor),
                    .buffer = std::move(buffer),
                    .ordered = {},
                    .alarmed = {}});
  return {};
}

void WatchedVersion::add(const std::shared_ptr<const Evidence>& shared) {
  const Evidence& evidence = *shared;
  rows_ += static_cast<std::uint64_t>(evidence.rows);
  live_ = evidence.event_time == evidence.arrival;
  for (Side& side : sides_) {
    const bool whole =
        evidence.outputs.size() == output_count_ && std::ranges::is_sorted(evidence.output_indices);
    if (side.outputs && !whole) continue;
    side.buffer.add(shared, side.outputs ? evidence.outputs : evidence.inputs);
  }
}

void WatchedVersion::add_label(std::int64_t event_time_ns, bool correct) {
  sides_.front().monitor.add_label(event_time_ns, correct);
}

DriftProgress WatchedVersion::advance(bool quiet, WallTime now) {
  DriftProgress progress;
  for (Side& side : sides_) {
    if (side.buffer.release(quiet, side.ordered)) feed(side, progress);
    if (quiet && live_) {
      take_checks(side, side.monitor.advance(ns(now - kWallLag)), progress);
    }
  }
  return progress;
}

void WatchedVersion::feed(Side& side, DriftProgress& progress) {
  const std::int64_t interval = side.config.check_interval_ns;
  const std::vector<std::int64_t>& times = side.ordered.times;
  for (std::size_t first = 0; first < times.size();) {
    // Windows close where the rows say so and at no other place, whatever came together.
    const std::int64_t start = interval_start(times[first], interval);
    take_checks(side, side.monitor.advance(start), progress);
    std::size_t last = first;
    while (last < times.size() && times[last] < start + interval) ++last;
    const auto alarms = side.monitor.add(side.ordered.rows(first, last - first, views_));
    if (alarms) {
      progress.alarms += alarms->size();
      for (const drift::Alarm& alarm : *alarms) {
        if (!side.alarmed.insert(alarm.feature).second) continue;
        progress.findings.push_back({.kind = side.name,
                                     .event_time_ns = alarm.event_time_ns,
                                     .evidence = alarm_json(alarm, *side.calibration)});
      }
    }
    first = last;
  }
}

void WatchedVersion::take_checks(Side& side, const std::vector<drift::Check>& checks,
                                 DriftProgress& progress) {
  for (const drift::Check& check : checks) {
    ++progress.checks;
    progress.score = check.score;
    if (!check.drift) {
      side.alarmed.clear();
      continue;
    }
    ++progress.checks_with_drift;
    progress.findings.push_back({.kind = kind_of(check, side.name),
                                 .event_time_ns = check.last_ns,
                                 .evidence = check_json(check, *side.calibration)});
  }
}

std::vector<std::pair<std::string, std::string>> WatchedVersion::save() const {
  std::vector<std::pair<std::string, std::string>> parts;
  for (const Side& side : sides_) {
    stats::ByteWriter out;
    out.counts(std::vector<std::uint64_t>(side.alarmed.begin(), side.alarmed.end()));
    out.text(side.monitor.encode());
    parts.emplace_back(side.name, out.take());
  }
  return parts;
}

Status WatchedVersion::restore(std::string_view part, std::string_view bytes) {
  for (Side& side : sides_) {
    if (side.name != part) continue;
    stats::ByteReader in(bytes);
    TEMPER_TRY(const std::vector<std::uint64_t> alarmed, in.counts());
    TEMPER_TRY(const std::string monitor, in.text());
    TEMPER_TRY(side.monitor, drift::Monitor::decode(monitor, side.calibration, side.config));
    side.alarmed = {alarmed.begin(), alarmed.end()};
  }
  return {};
}

}  // namespace temper::gateway
