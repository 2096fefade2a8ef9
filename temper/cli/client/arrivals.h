// When an open-loop generator must send: a Poisson process, told before the load begins.
#pragma once

#include <deque>
#include <optional>

#include "temper/core/clock.h"
#include "temper/core/rng.h"

namespace temper::client {

/// The arrivals of a Poisson process and those not sent yet. A step machine: no clock inside.
///
/// An arrival waits here when every connection is busy; its latency counts from its scheduled time,
/// so a slow server cannot slow the load that measures it (no coordinated omission).
class PoissonArrivals {
 public:
  /// `rate_per_s` > 0; arrivals fall in [start, end).
  PoissonArrivals(double rate_per_s, TimePoint start, TimePoint end, std::uint64_t seed);

  /// Moves the arrivals due at `now` into the queue of those waiting to be sent. Beyond
  /// `kMaxWaiting` they are counted as refused: the load is then far above what the server takes.
  void advance(TimePoint now);
  /// The scheduled time of the oldest waiting arrival, which leaves the queue.
  [[nodiscard]] std::optional<TimePoint> take();
  /// When `advance` has something to do next; kNever after the last arrival.
  [[nodiscard]] TimePoint next_due() const { return next_; }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t most_waiting() const { return most_waiting_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  static constexpr std::size_t kMaxWaiting = std::size_t{1} << 22;

 private:
  void draw_next();
  const double mean_gap_ns_;
  const TimePoint end_;
  Rng rng_;
  // Kept apart from the whole nanoseconds of next_, so that rounding does not shift the rate.
  double exact_next_ns_ = 0;
  const TimePoint start_;
  TimePoint next_;
  std::deque<TimePoint> waiting_;
  std::size_t most_waiting_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace temper::client
