#include "temper/cli/recording.h"

#include <algorithm>
#include <utility>

#include "temper/core/ids.h"
#include "temper/core/log.h"
#include "temper/model/registry/registry.h"
#include "temper/record/stores/sqlite/sqlite_store.h"
#include "temper/record/streams/journal/journal.h"
#include "temper/record/streams/redis/redis_streams.h"
#include "temper/record/worker/event_json.h"

namespace temper::cli {
namespace {

/// Unique to this process and start.
std::string process_name(const Clock& clock) {
  Rng rng(random_seed());
  return make_uuid_v7(clock.wall_now(), rng).to_string();
}

streams::StreamLimits stream_limits(const profile::Profile& profile) {
  streams::StreamLimits limits;
  limits.max_bytes = profile.streams.max_bytes;
  return limits;
}

/// A server that is going away still holds the journal for a moment.
Result<std::unique_ptr<streams::Journal>> open_journal(const std::filesystem::path& folder,
                                                       const streams::JournalConfig& config,
                                                       const Clock& clock) {
  constexpr Duration kPatience = std::chrono::seconds(5);
  const TimePoint until = clock.now() + kPatience;
  for (;;) {
    auto journal = streams::Journal::open(folder, config, clock);
    const bool held = !journal && journal.error().code == ErrorCode::kUnavailable;
    if (!held || clock.now() > until) return journal;
    sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace

Result<std::unique_ptr<streams::StreamStore>> open_streams(const profile::Profile& profile,
                                                           const std::filesystem::path& folder,
                                                           const Clock& clock) {
  if (profile.streams.backend == profile::StreamBackend::kRedis) {
    TEMPER_TRY(const profile::ListenAddress where,
               profile::parse_listen_address(profile.streams.redis));
    streams::RedisStreamsConfig config;
    config.address = {.host = where.host, .port = where.port};
    config.limits = stream_limits(profile);
    TEMPER_TRY(std::unique_ptr<streams::RedisStreams> redis,
               streams::RedisStreams::connect(config, clock));
    return std::unique_ptr<streams::StreamStore>(std::move(redis));
  }
  streams::JournalConfig config;
  config.limits = stream_limits(profile);
  TEMPER_TRY(std::unique_ptr<streams::Journal> journal,
             open_journal(folder / "journal", config, clock));
  return std::unique_ptr<streams::StreamStore>(std::move(journal));
}

Result<std::unique_ptr<stores::PredictionStore>> open_store(const profile::Profile& profile,
                                                            const std::filesystem::path& folder) {
  stores::StoreLimits limits;
  limits.max_bytes = profile.record.max_bytes;
  TEMPER_TRY(std::unique_ptr<stores::SqliteStore> store,
             stores::SqliteStore::open(folder / "store.db", limits));
  return std::unique_ptr<stores::PredictionStore>(std::move(store));
}

Result<std::unique_ptr<WorkerRole>> WorkerRole::start(const profile::Profile& profile,
                                                      const std::filesystem::path& folder,
                                                      streams::StreamStore& streams,
                                                      gateway::DriftSink* drift,
                                                      metrics::Registry& metrics,
                                                      const Clock& clock) {
  std::unique_ptr<WorkerRole> role(new WorkerRole);
  TEMPER_TRY(role->store_, open_store(profile, folder));
  TEMPER_TRY(registry::Registry registry, registry::Registry::open(folder));
  role->join_ = std::make_unique<gateway::LabelJoin>(
      *role->store_, std::move(registry),
      [drift](const gateway::JudgedRow& row) {
        if (drift != nullptr) {
          drift->add_label(row.model, row.version, row.event_time_ns, row.correct);
        }
      },
      metrics, profile.metrics_prefix, clock);
  const bool alone = profile.streams.backend == profile::StreamBackend::kEmbedded;
  TEMPER_TRY(role->worker_,
             record::StoreWorker::start(
                 streams, *role->store_,
                 {.prefix = profile.streams.prefix,
                  .consumer = alone ? "serve" : process_name(clock),
                  .sole_reader = alone,
                  .stream_retention = profile.streams.retention,
                  .store_retention = profile.record.retention,
                  .metrics_prefix = profile.metrics_prefix},
                 [join = role->join_.get()](std::span<const stores::FeedbackRecord> labels) {
                   join->offer(labels);
                 },
                 metrics, clock));
  return role;
}

Result<std::unique_ptr<GatewayRecording>> GatewayRecording::start(
    const std::shared_ptr<const profile::Profile>& profile, const std::filesystem::path& folder,
    metrics::Registry& metrics, const Clock& clock) {
  std::unique_ptr<GatewayRecording> recording(new GatewayRecording);
  TEMPER_TRY(recording->streams_, open_streams(*profile, folder, clock));
  TEMPER_TRY_STATUS(recording->start_lanes(profile, folder, metrics, clock));
  if (profile->record.worker == profile::Worker::kInside) {
    TEMPER_TRY(recording->worker_, WorkerRole::start(*profile, folder, *recording->streams_,
                                                     recording->drift_.get(), metrics, clock));
  }
  return recording;
}

Status GatewayRecording::start_lanes(const std::shared_ptr<const profile::Profile>& profile,
                                     const std::filesystem::path& folder,
                                     metrics::Registry& metrics, const Clock& clock) {
  const auto open = [&](std::string_view name) {
    return streams_->open(profile->streams.prefix + std::string(name));
  };
  const std::string producer = process_name(clock);
  const std::size_t room = static_cast<std::size_t>(profile->record.buffer_bytes);
  const auto add_lane = [&](std::string name, gateway::EvidenceSink& sink) {
    tap_.add(std::make_unique<gateway::EvidenceLane>(std::move(name), sink, room, metrics,
                                                     profile->metrics_prefix, clock));
  };
  TEMPER_TRY(streams::Stream* const events, open(streams::kDriftEvents));
  const bool watches = profile->model_defaults.drift.enabled ||
                       std::ranges::any_of(profile->models, [](const profile::ModelPolicy& model) {
                         return model.drift.enabled;
                       });
  if (watches) {
    drift_ = std::make_unique<gateway::DriftSink>(folder, profile, events, metrics, clock);
    add_lane("drift", *drift_);
  }
  if (!profile->record.predictions) return {};
  TEMPER_TRY(streams::Stream* const predictions, open(streams::kPredictions));
  record_ = std::make_unique<gateway::RecordSink>(*predictions, producer, metrics,
                                                  profile->metrics_prefix, clock);
  add_lane("record", *record_);
  TEMPER_TRY(streams::Stream* const feedback, open(record::kFeedbackStream));
  desk_ = std::make_unique<gateway::FeedbackDesk>(*feedback, producer);
  return {};
}

void GatewayRecording::close(TimePoint deadline) {
  if (record_) record_->end_by(deadline);
  tap_.close();
  desk_.reset();
}

GatewayRecording::~GatewayRecording() {
  // The lanes first: they hand what they hold to the sinks.
  tap_.close();
}

}  // namespace temper::cli
