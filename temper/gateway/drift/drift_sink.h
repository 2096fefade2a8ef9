// The gateway's watch over every version that has a reference: evidence in, drift events out.
//
// Reading order: row_buffer.h (order), watched_version.h (one version), this file (all of them,
// their events on stream DRIFT_EVENTS, and their windows across a restart).
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "temper/core/metrics.h"
#include "temper/core/rng.h"
#include "temper/gateway/drift/watched_version.h"
#include "temper/gateway/evidence/evidence.h"
#include "temper/profile/profile.h"
#include "temper/record/stores/stores.h"
#include "temper/record/streams/streams.h"

namespace temper::gateway {

class DriftSink final : public EvidenceSink {
 public:
  /// References lie under `folder`/references, open windows under `folder`/windows. `events` may be
  /// null: then findings are logged and counted only. All that is passed must outlive it.
  DriftSink(std::filesystem::path folder, std::shared_ptr<const profile::Profile> profile,
            streams::Stream* events, metrics::Registry& metrics, const Clock& clock);
  /// Saves the open windows.
  ~DriftSink() override;

  void take(std::span<const KeptEvidence> batch) override;
  void tick(WallTime now) override;

  /// A label for a row of that version's traffic. From any thread.
  void add_label(const std::string& model, int version, std::int64_t event_time_ns, bool correct);

 private:
  struct Watched {
    /// Empty where the version has no usable reference.
    std::optional<WatchedVersion> version;
    registry::VersionRecord record;
    std::string tenant;
    WallTime last_rows;
    /// When an unwatched version is looked at again: its reference is written after the version.
    WallTime next_try;
    bool changed = false;
  };
  using Key = std::pair<std::string, int>;

  /// Versions watched at once; the one idle longest makes room for the next.
  static constexpr std::size_t kMostVersions = 256;

  Watched& watched(const registry::VersionRecord& record);
  [[nodiscard]] Watched open(const registry::VersionRecord& record) const;
  [[nodiscard]] Result<WatchedVersion> load(const registry::VersionRecord& record) const;
  void report(const Key& key, Watched& watched, const DriftProgress& progress, WallTime now);
  void send_events();
  void save(const Key& key, Watched& watched) const;
  void make_room();

  const std::filesystem::path folder_;
  const std::shared_ptr<const profile::Profile> profile_;
  streams::Stream* const events_;
  metrics::Registry& metrics_;
  const Clock& clock_;

  std::mutex mutex_;
  // guarded by mutex_
  Rng rng_;
  std::map<Key, Watched> versions_;
  std::deque<stores::DriftEventRecord> unsent_;
  WallTime next_save_{};
};

}  // namespace temper::gateway
