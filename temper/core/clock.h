// The only door to time. Deciding code takes `now` as an argument; loops hold a Clock&.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace temper {

using Duration = std::chrono::nanoseconds;
/// A point on the monotonic clock; only differences mean anything.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// Nanoseconds since the Unix epoch, UTC.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr TimePoint kNever = TimePoint::max();

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

/// The machine's clocks. Stateless; `system_clock_instance()` serves everyone.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] WallTime wall_now() const override;
};

[[nodiscard]] const Clock& system_clock_instance();

/// Blocks the calling thread. Only shells (never deciding code) may sleep.
void sleep_for(Duration duration);

/// Stands still until told to move. Safe to read and advance from several threads.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000)))
      : start_(start) {}
  [[nodiscard]] TimePoint now() const override { return TimePoint(Duration(elapsed_ns_.load())); }
  [[nodiscard]] WallTime wall_now() const override { return start_ + Duration(elapsed_ns_.load()); }
  void advance(Duration step) { elapsed_ns_.fetch_add(step.count()); }

 private:
  const WallTime start_;
  // Atomic, since tests advance time while a shell's thread reads it; there is nothing to lock.
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace temper
