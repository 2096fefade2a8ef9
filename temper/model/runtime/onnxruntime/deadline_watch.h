// Cuts runs at their deadline: one thread per process, and a table of the runs under way.
#pragma once

#include <onnxruntime_c_api.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "temper/core/clock.h"
#include "temper/model/runtime/onnxruntime/library.h"

namespace temper::runtime {

/// Arming writes one row of the table, and wakes the thread only when no earlier deadline is
/// awaited; with deadlines of equal length that is once per length, not once per run. The thread,
/// when it wakes, looks through the table: as many rows as runs were ever under way at once.
///
/// ONNX Runtime looks at the flag between operators, and between the turns of a Loop; an operator
/// that is running is not interrupted.
class DeadlineWatch {
 public:
  explicit DeadlineWatch(const OnnxLibrary& library, const Clock& clock = system_clock_instance());
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;
  ~DeadlineWatch();

  /// The process's own. Never destroyed, since runs of detached life may still disarm.
  static DeadlineWatch& instance(const OnnxLibrary& library);

  /// A run under watch, from its construction to its destruction. Its options belong to the watch.
  class Guard {
   public:
    Guard(Guard&& other) noexcept : watch_(other.watch_), row_(other.row_) {
      other.watch_ = nullptr;
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard();
    [[nodiscard]] const OrtRunOptions* options() const;
    /// The deadline came while the run was under way.
    [[nodiscard]] bool was_cut() const;

   private:
    friend class DeadlineWatch;
    Guard(DeadlineWatch* watch, std::size_t row) : watch_(watch), row_(row) {}
    DeadlineWatch* watch_;
    std::size_t row_;
  };

  /// Errors: kInternal when ONNX Runtime gives no run options. Cost: a lock, no allocation once as
  /// many rows exist as runs are under way.
  [[nodiscard]] Result<Guard> arm(TimePoint deadline);

 private:
  struct Row {
    OnnxRunOptions options;
    TimePoint deadline = kNever;
    bool cut = false;
  };

  void disarm(std::size_t row);
  void watch(const std::stop_token& stop);
  /// Cuts what is due and gives the earliest deadline that is not.
  TimePoint cut_due_runs(TimePoint now);

  // constant after construction
  const OnnxLibrary& library_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable_any sooner_;
  // guarded by mutex_; rows_ only grows, free_rows_ are those of no run
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<std::size_t> free_rows_;
  TimePoint next_look_ = kNever;

  std::jthread thread_;
};

}  // namespace temper::runtime
