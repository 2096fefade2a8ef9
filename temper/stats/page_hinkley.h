// Page-Hinkley: a classical detector of a change in a stream's mean.
#pragma once

#include <cstdint>
#include <limits>

namespace temper::stats {

/// Page-Hinkley test for a change of the mean in either direction, with forgetting.
///
/// `add` gives true at the value that completes an alarm; the next value starts afresh.
/// Edges:  NaN and infinities are left out.
/// Source: Page, "Continuous inspection schemes" (1954); agrees with river.drift.PageHinkley.
class PageHinkley {
 public:
  struct Config {
    /// Values before the first alarm may come.
    std::uint64_t min_values = 30;
    /// Change of the mean that is tolerated, in the values' units.
    double delta = 0.005;
    /// Alarm level of the summed deviation, in the values' units.
    double threshold = 50;
    /// Factor by which the sums fade at each value, (0, 1].
    double forgetting = 1 - 0.0001;
  };

  explicit PageHinkley(const Config& config) : config_(config) {}
  bool add(double value);
  void reset();

 private:
  Config config_;
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double rise_ = 0;
  double fall_ = 0;
  double lowest_rise_ = std::numeric_limits<double>::infinity();
  // Starts at -1 as river's does: the answers must agree value by value.
  double highest_fall_ = -1;
};

}  // namespace temper::stats
