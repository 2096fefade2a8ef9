// The runtime that runs each model in a child process of its own, `temper host`.
//
// Decides what a crash, a leak, an endless loop or a hostile model may cost: that process and
// nothing else. Read restart_backoff.h (when a dead host comes back), shared_slots.h (the memory
// between the two), tensor_block.h (tensors in it), host_process.h (one child), host_server.h (the
// child's half).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/runtime/runtime.h"

namespace temper::runtime {

struct HostConfig {
  /// Private memory of each child, enforced by the kernel; 0 = no limit.
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  /// Processors each child may use; 0 = all.
  int cpus = 0;
  /// Runs at once in each child, 1 to 256: threads there, and blocks of shared memory.
  int slots = 1;
  /// Room for one run's inputs and outputs together, 64 KiB to 64 GiB. Address space: memory is
  /// taken as it is used, and what a large run took is given back after it.
  std::uint64_t slot_bytes = std::uint64_t{512} << 20;
  /// A child that has not loaded its model by then is killed.
  Duration load_patience = std::chrono::seconds(60);
  /// A child that has not cut a run this long after its deadline is killed.
  Duration grace = std::chrono::milliseconds(250);
  /// Pause before a dead host is started again, doubled with each death in a row.
  Duration first_restart_delay = std::chrono::milliseconds(100);
  Duration longest_restart_delay = std::chrono::seconds(30);
  /// The program whose `host` command is the child; empty = this one.
  std::string program;

  /// Errors: kInvalidArgument naming the field.
  [[nodiscard]] Status validate() const;
};

/// What a host's Instance is, for diagnostics and metrics.
class HostedInstance : public Instance {
 public:
  /// Empty while no child lives.
  [[nodiscard]] virtual std::optional<pid_t> pid() const = 0;
  /// Children started after the first.
  [[nodiscard]] virtual std::uint64_t restarts() const = 0;
};

/// Each `load` starts one child. Its Instance answers, besides what the model itself causes:
/// kUnavailable when the child died under a run, or is being restarted (with a hint when to try
/// again); kDeadlineExceeded also when the child had to be killed for it; kResourceExhausted when
/// the tensors do not fit a slot. Errors: of `validate`.
[[nodiscard]] Result<std::unique_ptr<Runtime>> create_host_runtime(HostConfig config);

}  // namespace temper::runtime
