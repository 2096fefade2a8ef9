// ADWIN: a window over a stream that grows while the mean holds and drops its old part when it does
// not.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace temper::stats {

/// Adaptive windowing over a stream of numbers, as an exponential histogram.
///
/// Every `clock` values each cut of the window into an older and a newer part is tried; where the
/// two means differ by more than chance allows at `delta`, the oldest bucket is dropped and `add`
/// gives true.
/// Memory: O(max_buckets log n). Cost: O(log n) amortised. Edges: NaN and infinities are left out.
/// Source: Bifet & Gavalda, "Learning from time-changing data with adaptive windowing" (2007);
///         agrees with river.drift.ADWIN.
class Adwin {
 public:
  struct Config {
    /// Confidence of each cut, (0, 1): smaller alarms less.
    double delta = 0.002;
    /// Cuts are tried every so many values.
    std::uint64_t clock = 32;
    /// Buckets of one size before two are joined.
    std::size_t max_buckets = 5;
    /// Fewest values on either side of a cut.
    double min_part = 5;
    /// No cut is tried while the window holds no more values than this.
    double grace_period = 10;
  };

  explicit Adwin(const Config& config) : config_(config), rows_(1) {}
  /// True when the window was cut.
  bool add(double value);
  /// Values in the window.
  [[nodiscard]] double width() const { return width_; }
  /// Mean of the window; 0 while it is empty.
  [[nodiscard]] double mean() const { return width_ > 0 ? total_ / width_ : 0; }

 private:
  struct Bucket {
    double total;
    double variance;
  };

  void insert(double value);
  void compress();
  bool cut_once();
  void drop_oldest();
  [[nodiscard]] bool differs(double older, double newer, double gap) const;

  Config config_;
  // Row i holds buckets of 2^i values, oldest first.
  std::vector<std::deque<Bucket>> rows_;
  double width_ = 0;
  double total_ = 0;
  // Sum of squared deviations from the window's mean.
  double variance_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace temper::stats
