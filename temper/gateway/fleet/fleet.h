// The models being served: follows the registry, loads, warms up, swaps and retires versions.
//
// Readers (requests) take an immutable snapshot; one thread of its own does all loading. A version
// is warm before anyone is sent to it, and is destroyed only when nobody holds it, so a swap fails
// no request. Reading order: served_version.h, placement.h, this file.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "temper/core/metrics.h"
#include "temper/core/result.h"
#include "temper/gateway/fleet/placement.h"
#include "temper/gateway/fleet/served_version.h"
#include "temper/model/registry/registry.h"
#include "temper/profile/profile.h"

namespace temper::gateway {

/// One version as the repository index shows it.
struct FleetEntry {
  std::string model;
  std::string version;
  bool ready = false;
  bool champion = false;
  /// Why it is not ready.
  std::string reason;
};

class Fleet {
 public:
  /// Versions of a model kept loaded beyond those that an alias names, for an instant rollback.
  static constexpr std::size_t kWarmVersions = 3;
  /// How often the registry is asked whether somebody else changed it.
  static constexpr auto kPollInterval = std::chrono::milliseconds(100);

  static std::unique_ptr<Fleet> start(registry::Registry registry,
                                      std::shared_ptr<const profile::Profile> profile,
                                      Runtimes runtimes, metrics::Registry& metrics,
                                      const Clock& clock);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// `version` is a number, an alias, or empty for the champion. Errors: kNotFound, saying what
  /// there is; kUnavailable where the model is known but not loaded, saying why.
  [[nodiscard]] Result<std::shared_ptr<ServedVersion>> find(std::string_view model,
                                                            std::string_view version) const;

  /// Everything loaded, by name and version.
  [[nodiscard]] std::vector<std::shared_ptr<ServedVersion>> loaded() const;
  /// Everything registered, loaded or not.
  [[nodiscard]] std::vector<FleetEntry> index() const;

  /// True once the first pass over the registry is done.
  [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
  void wait_until_ready();

  using Done = std::function<void(Status)>;
  /// Loads the model again from the registry (also after `unload`); `done` is called on the fleet's
  /// thread. Errors: kNotFound; what loading said.
  void load(std::string model, Done done);
  /// Takes the model out of service until `load`; its accepted requests are answered.
  void unload(std::string model, Done done);

 private:
  struct ModelEntry {
    /// By number.
    std::map<int, std::shared_ptr<ServedVersion>> versions;
    std::map<std::string, int, std::less<>> aliases;
    /// Every registered version; those not loaded with a reason.
    std::map<int, std::string> registered;
    std::shared_ptr<ServedVersion> champion;
  };
  using Snapshot = std::map<std::string, ModelEntry, std::less<>>;

  Fleet(registry::Registry registry, std::shared_ptr<const profile::Profile> profile,
        Runtimes runtimes, metrics::Registry& metrics, const Clock& clock);

  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
  void follow(const std::stop_token& stop);
  void run_commands();
  [[nodiscard]] Status reconcile();
  [[nodiscard]] ModelEntry reconcile_model(const registry::ModelSummary& summary,
                                           const ModelEntry& before);
  [[nodiscard]] Result<std::shared_ptr<ServedVersion>> bring_up(
      const registry::VersionRecord& record);
  void publish(Snapshot next);
  void retire_unused();

  registry::Registry registry_;
  const std::shared_ptr<const profile::Profile> profile_;
  Placement placement_;
  metrics::Registry& metrics_;
  const Clock& clock_;

  // A lock and not an atomic shared_ptr: libstdc++ 12 builds that on a spin lock whose unlocking is
  // too weak for the thread sanitizer, and it is no faster.
  mutable std::mutex snapshot_mutex_;
  // guarded by snapshot_mutex_: read by every request, swapped whole by the fleet's thread
  std::shared_ptr<const Snapshot> snapshot_;
  // Atomic: one word, waited on.
  std::atomic<bool> ready_{false};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  // guarded by mutex_
  std::deque<std::function<void()>> commands_;

  // touched by the fleet's thread only
  std::uint64_t seen_change_ = 0;
  std::set<std::string, std::less<>> unloaded_;
  std::set<std::string, std::less<>> retry_;
  std::vector<std::shared_ptr<ServedVersion>> retired_;

  // Last, so that it stops before anything it uses goes away.
  std::jthread thread_;
};

}  // namespace temper::gateway
