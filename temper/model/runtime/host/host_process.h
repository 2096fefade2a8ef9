// One child process that serves one model, from its start to its death.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "temper/core/child_process.h"
#include "temper/model/runtime/host/host.h"
#include "temper/model/runtime/host/shared_slots.h"

namespace temper::runtime {

class HostProcess {
 public:
  /// Starts the child and waits until it has loaded the model. Errors: the child's own;
  /// kInvalidArgument when it died loading; kDeadlineExceeded when it was not done within
  /// `load_patience`; kCancelled when stopped.
  static Result<std::shared_ptr<HostProcess>> start(const HostConfig& config,
                                                    const LoadOptions& options,
                                                    const std::stop_token& stop);

  [[nodiscard]] const Signature& signature() const { return signature_; }
  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  [[nodiscard]] int pidfd() const { return child_.pidfd(); }

  /// Thread-safe; waits for a free slot, at most until the deadline. Errors: as Instance::run.
  [[nodiscard]] Result<std::vector<Tensor>> run(const RunRequest& request);

  /// For the one thread that watches this child: reaps it once `pidfd` is readable, and lets the
  /// runs under way answer kUnavailable.
  ChildExit bury();

 private:
  HostProcess(const HostConfig& config, SharedSlots shared, ChildProcess child)
      : config_(config), shared_(std::move(shared)), child_(std::move(child)) {}

  /// A slot in use; gives it back at the end.
  class Slot {
   public:
    Slot(HostProcess& host, std::size_t index) : host_(host), index_(index) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { host_.release_slot(index_, used_bytes_); }
    [[nodiscard]] std::size_t index() const { return index_; }
    void used(std::size_t bytes) { used_bytes_ = std::max(used_bytes_, bytes); }

   private:
    HostProcess& host_;
    const std::size_t index_;
    std::size_t used_bytes_ = 0;
  };

  Status await_load(const std::stop_token& stop, const Clock& clock);
  Result<std::size_t> acquire_slot(TimePoint deadline);
  void release_slot(std::size_t index, std::size_t used_bytes);
  Result<std::vector<Tensor>> read_answer(Slot& slot, std::size_t outputs_asked_for);
  /// SIGKILL by pidfd, which can never hit another process.
  void kill() const;
  [[nodiscard]] std::unexpected<Error> dead_error() const;

  // constant once started
  const HostConfig config_;
  const SharedSlots shared_;
  Signature signature_;
  // used by the watching thread only, but for its pid and pidfd, which never change
  ChildProcess child_;

  mutable std::mutex mutex_;
  std::condition_variable slot_freed_;
  // guarded by mutex_
  std::vector<std::size_t> free_slots_;
  std::string death_;
  // Atomic: runs look at it after handing a request over, without the lock.
  std::atomic<bool> dead_{false};
};

}  // namespace temper::runtime
