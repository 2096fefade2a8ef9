// Child processes with limits that the kernel enforces: hosts, probes and trainers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper {

struct ChildLimits {
  /// Private writable memory (RLIMIT_DATA), in bytes; 0 = no limit. Mapped files do not count.
  std::uint64_t memory_bytes = 0;
  /// Processor time over the child's whole life, in seconds; 0 = no limit.
  std::uint64_t cpu_seconds = 0;
  /// Processors the child may use; 0 = all.
  int cpus = 0;
  int nice = 0;
};

struct ChildSpec {
  /// argv[0] is the program's path.
  std::vector<std::string> argv{};
  ChildLimits limits{};
  /// Descriptors the child inherits: entry k becomes descriptor 3 + k. All others are closed.
  std::vector<int> inherit{};
  /// Where the child's stdout and stderr go; empty = the parent's stdout and stderr.
  std::optional<std::filesystem::path> output_file{};
};

struct ChildExit {
  bool signalled = false;
  /// Exit status, or the signal's number.
  int code = 0;
  [[nodiscard]] bool ok() const { return !signalled && code == 0; }
  /// "exit status 3", "signal 11 (Segmentation fault)".
  [[nodiscard]] std::string to_string() const;
};

/// Owns one child: the destructor kills its process group and reaps it.
///
/// The child reads /dev/null, leads a process group of its own, has default signal handlers, and is
/// killed by the kernel when this process ends, however it ends. (PR_SET_PDEATHSIG watches the
/// *thread* that made the child, so one thread that lives as long as the program makes them all;
/// callers may come and go.) One object is used by one thread at a time.
class ChildProcess {
 public:
  /// Returns once the child's program runs. Errors: kNotFound when there is no such program;
  /// kInvalidArgument for an empty argv; kInternal with the step that failed.
  static Result<ChildProcess> spawn(const ChildSpec& spec);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// A pidfd: readable once the child has ended (for poll or an I/O context).
  [[nodiscard]] int pidfd() const { return pidfd_; }
  /// Waits at most `patience`; empty while it still runs. Once it has ended, whatever it left
  /// running in its group is killed.
  [[nodiscard]] std::optional<ChildExit> wait(Duration patience);
  /// SIGKILL to the whole group.
  void kill();

 private:
  ChildProcess(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  void end();
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<ChildExit> exit_;
};

/// Path of the running program (/proc/self/exe): hosts and trainers are the same binary.
[[nodiscard]] std::string own_program_path();

}  // namespace temper
