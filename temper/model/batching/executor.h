// Runs a model version for many callers: the door of this folder.
//
// Decides who shares a run, when it starts and on which instance; answers each caller with its own
// rows. Read work.h (what goes in and comes out), batch_queue.h (the rules, as a pure step
// machine), assembly.h (rows together and apart), then this file (threads, failures, deadlines) and
// statistics.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <latch>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "temper/core/clock.h"
#include "temper/model/batching/batch_queue.h"
#include "temper/model/batching/statistics.h"
#include "temper/model/batching/work.h"
#include "temper/model/runtime/runtime.h"

namespace temper::batching {

struct InstanceSlots {
  std::shared_ptr<runtime::Instance> instance;
  /// Runs it takes side by side, at least 1.
  int slots = 1;
  bool in_process = true;
};

struct ExecutorConfig {
  /// `instances` is filled in by the executor.
  BatchingConfig batching;
  /// False: no run ever serves two callers.
  bool batchable = true;
  /// A version whose runs are shorter prefers the caller's thread to a hand-over; 0 = never.
  Duration inline_below = std::chrono::microseconds(200);
  /// A run of one row as measured at registration; 0 = unknown.
  Duration measured_run{0};
};

/// One version's queue, instances and threads.
///
/// Promises: every Work is answered exactly once; none is answered with outputs after its deadline;
/// none waits while an instance is idle (but for the hold that the configuration asks for); what
/// was accepted before `drain` or `stop` is served.
///
/// Failures: where a shared run fails by kInvalidArgument, kInternal or kResourceExhausted, one
/// member's values may be the cause, so its members are run again in halves, down to single ones: a
/// bad request fails alone, at no more than 2n - 1 runs for n members. kUnavailable and
/// kDeadlineExceeded go to all members.
///
/// Deadlines: a request that is still queued at its deadline is answered then, unrun. A run is cut
/// at the latest deadline of its members, so that an impatient one does not cost the others their
/// work; a member whose own deadline passes meanwhile is answered then and its rows are dropped.
///
/// Threads: every member may be called from any thread, `done` too; only the destructor, `drain`
/// and `stop` may not be called inside a `done`. One thread per slot, and one that keeps time.
class Executor {
 public:
  /// `config.batching` must be valid and `instances` not empty.
  Executor(const ExecutorConfig& config, std::vector<InstanceSlots> instances, const Clock& clock);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  ~Executor();

  /// Queues the work and wakes an instance's thread. A refusal (kResourceExhausted with a retry
  /// hint, kUnavailable after `drain`) is answered before this returns, on this thread. The ticket
  /// is for `cancel`.
  Ticket submit(Work work);

  /// True when runs are so short that the caller should `enqueue` and `run_pending` itself.
  [[nodiscard]] bool prefers_inline() const;

  /// As `submit`, but wakes nobody: the caller promises to call `run_pending` soon, at the end of
  /// its poll cycle, so that requests that arrived together share a run without any timer.
  Ticket enqueue(Work work);

  /// Runs what waits on this thread and answers it, if an instance is idle: at most kInlineBatches
  /// batches, then an instance's thread takes over. If none is idle it returns at once, and whoever
  /// holds the instance takes the next batch.
  void run_pending();

  /// Answers kCancelled and gives true if the work still waits in the queue.
  bool cancel(const Ticket& ticket);

  /// Refuses new work and returns when everything accepted has been answered.
  void drain();
  /// `drain`, then ends the threads. Also done by the destructor.
  void stop();

  [[nodiscard]] ExecutorStats stats() const;

  static constexpr int kInlineBatches = 4;

 private:
  struct Run {
    std::int64_t rows = 0;
    Duration computed{};
  };
  /// The right to run one batch on an instance, and the batch being run.
  struct Permit {
    runtime::Instance* instance = nullptr;
    std::vector<Work> members;
    TimePoint taken{};
    std::int64_t rows = 0;
    std::vector<Result<Answer>> results;
    std::vector<Run> runs;
    std::uint64_t split_runs = 0;
  };

  Ticket admit(Work work, bool wake);
  [[nodiscard]] bool runnable() const;
  Permit* take_batch(std::unique_lock<std::mutex>& lock);
  void release(Permit* permit);
  void execute(Permit& permit) const;
  void run_members(Permit& permit, std::size_t first, std::size_t count) const;
  void account(Permit& permit, TimePoint now);
  void deliver(std::unique_lock<std::mutex>& lock, Permit& permit);
  void expire(std::unique_lock<std::mutex>& lock, TimePoint now);
  void serve(const std::stop_token& stop, std::latch& waiting);
  void keep_time(const std::stop_token& stop);
  [[nodiscard]] TimePoint next_event(TimePoint now) const;
  void arm_timer(TimePoint event);
  void arm_hold();
  [[nodiscard]] bool drained() const;

  const ExecutorConfig config_;
  const std::vector<InstanceSlots> instances_;
  const Clock& clock_;
  bool in_process_ = true;  // constant after construction
  // Atomic: read for every request before it takes the lock; a stale value costs one hand-over.
  std::atomic<std::int64_t> expected_run_ns_;

  mutable std::mutex mutex_;
  std::condition_variable_any work_ready_;
  std::condition_variable_any timer_;
  std::condition_variable drained_;
  // guarded by mutex_ (a busy permit's fields belong to its thread, but for the members' `done`)
  BatchQueue queue_;
  std::vector<Work> works_;  // by the id that the queue knows
  std::vector<std::uint64_t> free_works_;
  std::vector<std::uint64_t> ids_;  // scratch
  std::vector<std::unique_ptr<Permit>> permits_;
  std::vector<Permit*> idle_;
  TimePoint timer_target_ = kNever;
  int delivering_ = 0;  // threads that answer expired work outside the lock
  bool accepting_ = true;
  ExecutorStats stats_;

  std::jthread timekeeper_;
  std::vector<std::jthread> threads_;
};

}  // namespace temper::batching
