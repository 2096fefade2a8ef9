#include "temper/gateway/drift/drift_sink.h"

#include <algorithm>

#include "temper/core/file.h"
#include "temper/core/log.h"
#include "temper/record/worker/event_json.h"

namespace temper::gateway {
namespace {

/// Without a row for so long, none is on its way any more.
constexpr Duration kQuiet = std::chrono::seconds(1);
/// What a kill may cost of the open windows.
constexpr Duration kSaveEvery = std::chrono::seconds(5);
constexpr Duration kTryAgain = std::chrono::seconds(10);
/// Events that wait for their stream; beyond, the oldest is logged and given up.
constexpr std::size_t kMostUnsent = 10'000;

std::filesystem::path window_path(const std::filesystem::path& folder, const std::string& model,
                                  int version, const std::string& part) {
  return folder / "windows" / fmt::format("{}.{}.{}.window", model, version, part);
}

}  // namespace

DriftSink::DriftSink(std::filesystem::path folder, std::shared_ptr<const profile::Profile> profile,
                     streams::Stream* events, metrics::Registry& metrics, const Clock& clock)
    : folder_(std::move(folder)),
      profile_(std::move(profile)),
      events_(events),
      metrics_(metrics),
      clock_(clock),
      rng_(random_seed()) {}

DriftSink::~DriftSink() {
  const std::scoped_lock lock(mutex_);
  const WallTime now = clock_.wall_now();
  for (auto& [key, watched] : versions_) {
    if (watched.version) report(key, watched, watched.version->advance(true, now), now);
    save(key, watched);
  }
  send_events();
}

Result<WatchedVersion> DriftSink::load(const registry::VersionRecord& record) const {
  const profile::ModelPolicy policy = profile_->policy_for(record.model);
  const profile::Tier* tier = profile_->find_tier(policy.tier);
  if (!policy.drift.enabled || tier == nullptr) {
    return fail(ErrorCode::kFailedPrecondition, "the profile switches drift detection off");
  }
  TEMPER_TRY(const drift::DriftReference reference,
             drift::load_drift_reference(folder_, record.model, record.version));
  const bool calibrated = policy.drift.policy == profile::DriftPolicy::kCalibrated;
  TEMPER_TRY(WatchedVersion version,
             WatchedVersion::create(
                 record, reference,
                 {.policy = calibrated ? drift::Policy::kCalibrated : drift::Policy::kThreshold,
                  .check_interval_ns = tier->drift_check_interval.count(),
                  .baseline = std::nullopt}));
  for (const auto& [part, bytes] : version.save()) {
    const auto path = window_path(folder_, record.model, record.version, part);
    const auto saved = read_file(path);
    if (!saved) continue;
    if (const Status restored = version.restore(part, *saved); !restored) {
      log::warning("open window not restored",
                   {{"file", path.string()}, {"error", restored.error().message}});
    }
  }
  return version;
}

DriftSink::Watched DriftSink::open(const registry::VersionRecord& record) const {
  Watched watched;
  watched.record = record;
  watched.next_try = clock_.wall_now() + kTryAgain;
  auto loaded = load(record);
  if (loaded) {
    watched.version = std::move(*loaded);
  } else if (loaded.error().code == ErrorCode::kNotFound) {
    log::info("not watched for drift: registered without --reference",
              {{"model", record.model}, {"version", record.version}});
  } else {
    log::warning(
        "not watched for drift",
        {{"model", record.model}, {"version", record.version}, {"error", loaded.error().message}});
  }
  return watched;
}

DriftSink::Watched& DriftSink::watched(const registry::VersionRecord& record) {
  const Key key{record.model, record.version};
  if (const auto found = versions_.find(key); found != versions_.end()) {
    Watched& known = found->second;
    const WallTime now = clock_.wall_now();
    if (known.version || now < known.next_try) return known;
    if (auto loaded = load(record)) known.version = std::move(*loaded);
    known.next_try = now + kTryAgain;
    return known;
  }
  make_room();
  return versions_.emplace(key, open(record)).first->second;
}

void DriftSink::make_room() {
  if (versions_.size() < kMostVersions) return;
  const auto oldest = std::ranges::min_element(
      versions_, {}, [](const auto& entry) { return entry.second.last_rows; });
  save(oldest->first, oldest->second);
  versions_.erase(oldest);
}

void DriftSink::take(std::span<const KeptEvidence> batch) {
  const std::scoped_lock lock(mutex_);
  const WallTime now = clock_.wall_now();
  Watched* last = nullptr;
  const registry::VersionRecord* last_record = nullptr;
  const auto go_on = [&] {
    if (last == nullptr || !last->version) return;
    report({last->record.model, last->record.version}, *last, last->version->advance(false, now),
           now);
  };
  for (const KeptEvidence& kept : batch) {
    const registry::VersionRecord& record = *kept.evidence->version;
    if (&record != last_record) {
      go_on();
      last = &watched(record);
      last_record = &record;
    }
    last->last_rows = now;
    if (!last->version) continue;
    last->tenant = kept.evidence->tenant;
    last->changed = true;
    last->version->add(kept.evidence);
  }
  go_on();
  send_events();
}

void DriftSink::tick(WallTime now) {
  const std::scoped_lock lock(mutex_);
  const bool save_now = now >= next_save_;
  if (save_now) next_save_ = now + kSaveEvery;
  for (auto& [key, watched] : versions_) {
    if (!watched.version) continue;
    const bool quiet = now - watched.last_rows >= kQuiet;
    // A quiet version's windows end by the wall's clock, so it is looked at again and again.
    if (quiet) report(key, watched, watched.version->advance(true, now), now);
    if (save_now) save(key, watched);
  }
  send_events();
}

void DriftSink::add_label(const std::string& model, int version, std::int64_t event_time_ns,
                          bool correct) {
  const std::scoped_lock lock(mutex_);
  const auto found = versions_.find({model, version});
  if (found == versions_.end() || !found->second.version) return;
  found->second.version->add_label(event_time_ns, correct);
  found->second.changed = true;
}

void DriftSink::report(const Key& key, Watched& watched, const DriftProgress& progress,
                       WallTime now) {
  const metrics::Labels labels{{"model", key.first}, {"version", std::to_string(key.second)}};
  const std::string& prefix = profile_->metrics_prefix;
  const auto count = [&](std::string_view name, std::string_view help, std::uint64_t amount) {
    if (amount > 0) metrics_.counter(prefix + std::string(name), help, labels).add(amount);
  };
  count("_drift_checks_total", "Windows compared with the version's reference.", progress.checks);
  count("_drift_checks_drifted_total", "Of these, windows that had drifted.",
        progress.checks_with_drift);
  count("_drift_alarms_total", "Alarms raised between checks.", progress.alarms);
  if (progress.score) {
    metrics_.gauge(prefix + "_drift_score", "Largest corrected PSI of the last check.", labels)
        .set(*progress.score);
  }
  for (const DriftFinding& finding : progress.findings) {
    stores::DriftEventRecord event{.event_id = make_uuid_v7(now, rng_).to_string(),
                                   .model = key.first,
                                   .version = key.second,
                                   .tenant = watched.tenant,
                                   .event_time_ns = finding.event_time_ns,
                                   .detected_at_ns = now.time_since_epoch().count(),
                                   .kind = finding.kind,
                                   .evidence = finding.evidence};
    log::warning("drift", {{"event_id", event.event_id},
                           {"model", event.model},
                           {"version", event.version},
                           {"kind", event.kind},
                           {"event_time_ns", event.event_time_ns}});
    if (events_ != nullptr) unsent_.push_back(std::move(event));
  }
}

void DriftSink::send_events() {
  while (!unsent_.empty()) {
    const stores::DriftEventRecord& event = unsent_.front();
    const auto sent = events_->append(record::drift_event_json(event),
                                      {.durability = streams::Durability::kDurable});
    if (!sent) {
      // The next tick tries again. A repeated event has the same id.
      if (unsent_.size() > kMostUnsent) {
        log::error("drift event given up", {{"event_id", event.event_id}, {"model", event.model}});
        unsent_.pop_front();
      }
      return;
    }
    unsent_.pop_front();
  }
}

void DriftSink::save(const Key& key, Watched& watched) const {
  if (!watched.version || !watched.changed) return;
  std::error_code ignored;
  std::filesystem::create_directories(folder_ / "windows", ignored);
  for (const auto& [part, bytes] : watched.version->save()) {
    const auto path = window_path(folder_, key.first, key.second, part);
    if (const Status saved = write_file_atomically(path, bytes); !saved) {
      log::warning("open window not saved",
                   {{"file", path.string()}, {"error", saved.error().message}});
      return;
    }
  }
  watched.changed = false;
}

}  // namespace temper::gateway
