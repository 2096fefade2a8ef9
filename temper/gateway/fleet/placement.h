// Where a version's instances run: inside this process, or each in a device's host process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/registry/registry.h"
#include "temper/model/runtime/runtime.h"
#include "temper/profile/profile.h"

namespace temper::gateway {

struct PlacedInstance {
  std::shared_ptr<runtime::Instance> instance;
  /// The device's name in the profile.
  std::string device;
  /// Runs at once.
  int slots = 1;
  bool in_process = true;
};

/// What a host process is given.
struct HostNeeds {
  std::string device;
  std::uint64_t memory_bytes = 0;
  int cpus = 0;
  int slots = 1;
};

/// The adapters, handed in by the program's wiring.
struct Runtimes {
  std::shared_ptr<runtime::Runtime> in_process;
  std::function<Result<std::shared_ptr<runtime::Runtime>>(const HostNeeds&)> make_host;
};

/// Chooses devices by the model's policy and the version's probe, and loads there. Memory a device
/// has promised is counted, and a version that does not fit is refused. Thread-safe.
class Placement {
 public:
  Placement(std::shared_ptr<const profile::Profile> profile, Runtimes runtimes);

  /// Loads and warms up one instance on each device chosen. Errors: kFailedPrecondition where no
  /// device suits the policy, kResourceExhausted where none has the memory, and the runtime's own.
  [[nodiscard]] Result<std::vector<PlacedInstance>> place(const registry::VersionRecord& version,
                                                          const profile::ModelPolicy& policy);

 private:
  [[nodiscard]] Result<PlacedInstance> load(const registry::VersionRecord& version,
                                            const profile::ModelPolicy& policy,
                                            const profile::Device& device, bool in_process);
  [[nodiscard]] Result<std::shared_ptr<runtime::Runtime>> host_of(
      const profile::Device& device, const registry::VersionRecord& version, int slots) const;
  [[nodiscard]] Status reserve(const profile::Device& device, std::uint64_t bytes);
  void release(std::int64_t device, std::uint64_t bytes);

  const std::shared_ptr<const profile::Profile> profile_;
  const Runtimes runtimes_;
  std::mutex mutex_;
  // guarded by mutex_: memory promised, by device id
  std::map<std::int64_t, std::uint64_t> reserved_;
};

}  // namespace temper::gateway
