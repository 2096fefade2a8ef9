#include "temper/gateway/fleet/placement.h"

#include <algorithm>
#include <thread>

#include "temper/model/runtime/warm_up.h"

namespace temper::gateway {
namespace {

/// A version's host may take this multiple of what the probe saw, but never less than the floor nor
/// more than its device has.
constexpr std::uint64_t kHostHeadroom = 4;
constexpr std::uint64_t kHostFloor = std::uint64_t{512} << 20;

int slots_of(const profile::Device& device) {
  if (device.slots > 0) return static_cast<int>(device.slots);
  if (device.cpus > 0) return static_cast<int>(device.cpus);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

bool wants_process(const registry::VersionRecord& version, const profile::ModelPolicy& policy) {
  switch (policy.placement) {
    case profile::Placement::kProcess:
      return true;
    case profile::Placement::kHost:
      return false;
    case profile::Placement::kAuto:
      return version.probe.safe_in_process;
  }
  return false;
}

std::vector<const profile::Device*> candidates(const profile::Profile& profile,
                                               const profile::ModelPolicy& policy) {
  std::vector<const profile::Device*> found;
  for (const profile::Device& device : profile.devices) {
    const bool named = std::ranges::find(policy.devices, device.id) != policy.devices.end();
    if (policy.devices.empty() ? device.pool == profile::Pool::kServing : named) {
      found.push_back(&device);
    }
  }
  return found;
}

/// Keeps a device's memory reserved for as long as the instance lives.
template <typename Release>
std::shared_ptr<runtime::Instance> with_release(std::unique_ptr<runtime::Instance> instance,
                                                Release release) {
  runtime::Instance* raw = instance.release();
  return {raw, [release](runtime::Instance* held) {
            delete held;
            release();
          }};
}

}  // namespace

Placement::Placement(std::shared_ptr<const profile::Profile> profile, Runtimes runtimes)
    : profile_(std::move(profile)), runtimes_(std::move(runtimes)) {}

Result<std::vector<PlacedInstance>> Placement::place(const registry::VersionRecord& version,
                                                     const profile::ModelPolicy& policy) {
  const bool process = wants_process(version, policy);
  std::vector<const profile::Device*> devices = candidates(*profile_, policy);
  // The kind of device the version needs comes first; a host can be made on any of them.
  std::ranges::stable_sort(devices, {}, [&](const profile::Device* device) {
    return (device->runs == profile::Runs::kProcess) != process;
  });
  const profile::Tier* tier = profile_->find_tier(policy.tier);
  const auto wanted = static_cast<std::size_t>(
      policy.instances > 0 ? policy.instances : (tier != nullptr ? tier->min_devices : 1));
  if (devices.size() < wanted) {
    return fail(ErrorCode::kFailedPrecondition,
                "model '{}' needs {} device(s), the profile offers {}", version.model, wanted,
                devices.size());
  }
  std::vector<PlacedInstance> placed;
  Error last;
  for (const profile::Device* device : devices) {
    if (placed.size() == wanted) break;
    const bool here = process && device->runs == profile::Runs::kProcess;
    Result<PlacedInstance> loaded = load(version, policy, *device, here);
    if (loaded) {
      placed.push_back(std::move(*loaded));
    } else {
      last = std::move(loaded).error();
    }
  }
  if (placed.size() < wanted) return std::unexpected(std::move(last));
  return placed;
}

Result<PlacedInstance> Placement::load(const registry::VersionRecord& version,
                                       const profile::ModelPolicy& policy,
                                       const profile::Device& device, bool in_process) {
  TEMPER_TRY_STATUS(reserve(device, version.probe.peak_bytes));
  const auto give_back = [this, id = device.id, bytes = version.probe.peak_bytes] {
    release(id, bytes);
  };
  const int slots = slots_of(device);
  Result<std::shared_ptr<runtime::Runtime>> chosen =
      in_process ? Result<std::shared_ptr<runtime::Runtime>>(runtimes_.in_process)
                 : host_of(device, version, slots);
  if (!chosen) {
    give_back();
    return std::unexpected(std::move(chosen).error());
  }
  Result<std::unique_ptr<runtime::Instance>> loaded =
      (*chosen)->load({.artifact = version.artifact,
                       .intra_op_threads = static_cast<int>(policy.intra_op_threads)});
  if (!loaded) {
    give_back();
    return std::unexpected(std::move(loaded).error());
  }
  // A model that refuses every synthetic input was registered as such; its callers know better
  // ones.
  const int rows = version.probe.batchable ? static_cast<int>(policy.batching.max_batch_rows) : 1;
  if (version.probe.run_ns_1 > 0) {
    if (Status warm = runtime::warm_up(**loaded, rows); !warm) {
      give_back();
      return with_context(std::move(warm).error(), "warm-up");
    }
  }
  return PlacedInstance{.instance = with_release(std::move(*loaded), give_back),
                        .device = device.name,
                        .slots = slots,
                        .in_process = in_process};
}

Result<std::shared_ptr<runtime::Runtime>> Placement::host_of(const profile::Device& device,
                                                             const registry::VersionRecord& version,
                                                             int slots) const {
  std::uint64_t memory_bytes = std::max(kHostFloor, kHostHeadroom * version.probe.peak_bytes);
  if (device.memory_bytes > 0) memory_bytes = std::min(memory_bytes, device.memory_bytes);
  return runtimes_.make_host({.device = device.name,
                              .memory_bytes = memory_bytes,
                              .cpus = static_cast<int>(device.cpus),
                              .slots = slots});
}

Status Placement::reserve(const profile::Device& device, std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  std::uint64_t& reserved = reserved_[device.id];
  if (device.memory_bytes > 0 && reserved + bytes > device.memory_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                "device '{}' has {} bytes, {} are promised, the model needs {}", device.name,
                device.memory_bytes, reserved, bytes);
  }
  reserved += bytes;
  return {};
}

void Placement::release(std::int64_t device, std::uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  reserved_[device] -= bytes;
}

}  // namespace temper::gateway
