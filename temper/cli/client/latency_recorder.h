// Latencies kept finely enough to compare 99th percentiles within a per mille.
#pragma once

#include <cstdint>
#include <vector>

#include "temper/core/clock.h"

namespace temper::client {

/// Counts durations in buckets of at most 0.1 % relative width, from 1 ns to 2^42 ns (73 min;
/// longer ones count there). Mergeable. One thread. About 270 KB.
///
/// Source: the log-linear layout of HdrHistogram (Tene).
class LatencyRecorder {
 public:
  LatencyRecorder();
  /// Negative durations count as 0.
  void record(Duration latency);
  void merge(const LatencyRecorder& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Exact.
  [[nodiscard]] Duration max() const { return max_; }
  /// The smallest recorded value v such that at least share * count samples are <= v (the inverted
  /// distribution function, Hyndman-Fan type 1), rounded up to its bucket's end and never above the
  /// maximum; 0 when nothing was recorded. `share` in [0, 1].
  [[nodiscard]] Duration quantile(double share) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Duration max_{0};
};

}  // namespace temper::client
