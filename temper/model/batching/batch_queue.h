// Decides which waiting requests share a run: the dynamic batcher as a pure step machine.
//
// State in, event and `now` in, decision out; no clock, no thread. executor.h is the shell that
// runs it. The rules, in order:
//   1. Rows count, not requests. A batch takes requests while their rows fit its bound; a request
//      that alone exceeds the bound runs alone. The bound is an instance's fair share of all rows
//      that wait or run, so that the others are left theirs; not less than what makes a run worth
//      while (200 us, and rows that outweigh the run's base, see run_cost.h), nor more than
//      max_batch_rows_under_load.
//   2. Only requests of one group share a run (equal trailing shapes of every input). Temper never
//      pads a caller's tensors, since padding changes some models' outputs.
//   3. Who goes first: the smallest `arrival + priority * priority_step`. Inside a group and
//      priority that is first come, first served. A request is overtaken by a more urgent one only
//      if that one arrived less than (kLowestPriority - kHighestPriority) * priority_step = 80 ms
//      by default after it, so nobody starves.
//   4. Eager (default): whatever waits is dispatched at once when an instance is idle. Otherwise a
//      batch below its bound is held back, at most max_queue_delay, never longer than a member's
//      deadline leaves (less the expected run), never longer than 50 ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <unordered_map>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/batching/indexed_heap.h"
#include "temper/model/batching/run_cost.h"

namespace temper::batching {

/// 1 goes first. Values outside are taken as the nearest inside.
inline constexpr int kHighestPriority = 1;
inline constexpr int kLowestPriority = 9;

inline constexpr Duration kMaxQueueDelayCeiling = std::chrono::milliseconds(50);

struct BatchingConfig {
  /// Rows in a run while no more than that wait for each instance, 1..65,536.
  std::int64_t max_batch_rows = 16;
  /// Rows in a run while more wait; at least max_batch_rows, at most 65,536.
  std::int64_t max_batch_rows_under_load = 64;
  /// The longest a runnable batch is held back where `eager` is off; 0..50 ms.
  Duration max_queue_delay = std::chrono::milliseconds(5);
  /// Dispatch whatever waits when an instance is idle.
  bool eager = true;
  /// Bounds of the queue; beyond either a request is refused with a retry hint. A request larger
  /// than max_queued_rows is accepted when nothing else waits.
  std::int64_t max_queued_rows = 4096;
  std::size_t max_queued_requests = 4096;
  /// What one step of priority is worth in waiting time; 0 = priorities do not matter.
  Duration priority_step = std::chrono::milliseconds(10);
  /// Instances that take batches side by side.
  int instances = 1;

  /// Errors: kInvalidArgument naming the field.
  [[nodiscard]] Status validate() const;
};

struct Entry {
  /// The caller's name for the request, given back by the machine.
  std::uint64_t id = 0;
  /// At least 0; an empty request counts as one row.
  std::int64_t rows = 1;
  int priority = 5;
  TimePoint arrival{};
  TimePoint deadline = kNever;
  /// Requests with equal groups may share a run.
  std::uint64_t group = 0;
  bool batchable = true;
};

/// Names a queued request until it leaves; stale tickets are recognised.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
};

struct Rejection {
  /// When about half of the queue should have been served, 1 ms .. 10 s.
  Duration retry_after{};
};

/// One thread at a time. Allocates only when a group appears or a size was never reached before.
class BatchQueue {
 public:
  /// `config` must be valid.
  explicit BatchQueue(const BatchingConfig& config);
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// Takes the request in, or says when to try again. O(log n).
  [[nodiscard]] std::expected<Ticket, Rejection> enqueue(const Entry& entry);

  /// Appends the ids whose deadline is at or before `now` and forgets them. O(log n) each.
  void take_expired(TimePoint now, std::vector<std::uint64_t>& ids);

  /// Appends the members of one batch, first to last, forgets them and gives their rows; 0 =
  /// nothing is to run now (see `held_until`). Call `take_expired(now)` first: a request past its
  /// deadline never runs. O(log n) a member; where `eager` is off, also O(groups).
  std::int64_t next_batch(TimePoint now, std::vector<std::uint64_t>& ids);

  /// The batch for which `next_batch` gave `rows` has left its instance.
  void finished(std::int64_t rows) { running_rows_ -= rows; }

  /// Forgets a request that still waits and gives its id; empty when it has already left.
  std::optional<std::uint64_t> cancel(const Ticket& ticket);

  /// A run of `rows` took `duration`: what later estimates rest on.
  void learn(std::int64_t rows, Duration duration) { cost_.observe(rows, duration); }

  [[nodiscard]] bool empty() const { return queued_requests_ == 0; }
  [[nodiscard]] std::size_t queued_requests() const { return queued_requests_; }
  [[nodiscard]] std::int64_t queued_rows() const { return queued_rows_; }
  /// True when `next_batch(now)` would give a batch.
  [[nodiscard]] bool runnable(TimePoint now) const;
  /// When a held-back batch becomes runnable by itself; kNever when nothing is held.
  [[nodiscard]] TimePoint held_until() const;
  /// The earliest deadline in the queue; kNever when none.
  [[nodiscard]] TimePoint next_deadline() const;
  /// Moving average of a batch's duration; empty before the first.
  [[nodiscard]] std::optional<Duration> expected_run() const { return cost_.run(); }
  /// Rows the next batch may hold.
  [[nodiscard]] std::int64_t row_bound() const;

 private:
  using Slot = HeapIndex;
  struct Waiting {
    Entry entry;
    TimePoint order{};    // arrival pushed back by the priority
    TimePoint release{};  // until when it may be held back
    std::uint64_t sequence = 0;
    Slot group = 0;
    HeapIndex position_in_group = kNotInHeap;
    HeapIndex position_in_deadlines = kNotInHeap;
  };
  struct Members {
    BatchQueue* queue;
    [[nodiscard]] bool before(Slot a, Slot b) const;
    [[nodiscard]] HeapIndex& position(Slot slot) const;
  };
  struct Deadlines {
    BatchQueue* queue;
    [[nodiscard]] bool before(Slot a, Slot b) const;
    [[nodiscard]] HeapIndex& position(Slot slot) const;
  };
  struct Leaders {
    BatchQueue* queue;
    [[nodiscard]] bool before(Slot a, Slot b) const;
    [[nodiscard]] HeapIndex& position(Slot slot) const;
  };
  struct Group {
    std::uint64_t key = 0;
    std::int64_t rows = 0;
    TimePoint release = kNever;  // at or before the earliest of its members'
    HeapIndex position_in_leaders = kNotInHeap;
    IndexedHeap<Members> members;
  };

  Slot group_of(std::uint64_t key);
  void remove(Slot slot);
  void refresh_release(Group& group);
  [[nodiscard]] bool full(const Group& group) const;
  [[nodiscard]] bool goes_first(Slot a, Slot b) const;
  [[nodiscard]] bool leads_first(Slot a, Slot b) const;
  [[nodiscard]] std::optional<Slot> first_ready_group(TimePoint now) const;

  const BatchingConfig config_;
  std::vector<Waiting> waiting_;
  std::vector<Slot> free_waiting_;
  std::vector<Group> groups_;
  std::vector<Slot> free_groups_;
  std::unordered_map<std::uint64_t, Slot> group_by_key_;
  IndexedHeap<Leaders> leaders_;  // groups that have members, by their first
  IndexedHeap<Deadlines> deadlines_;
  std::size_t queued_requests_ = 0;
  std::int64_t queued_rows_ = 0;
  std::int64_t running_rows_ = 0;
  std::uint64_t next_sequence_ = 1;
  RunCost cost_;
};

}  // namespace temper::batching
