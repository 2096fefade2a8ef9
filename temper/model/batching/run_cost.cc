#include "temper/model/batching/run_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace temper::batching {
namespace {

constexpr double kAverageWeight = 1.0 / 8;
constexpr double kFitWeight = 1.0 / 32;
/// Below it the sizes differ too little, or too long ago, for a new slope: the last one stays.
constexpr double kLeastVariance = 0.05;

void average_in(std::optional<Duration>& average, double ns) {
  const double before = average ? static_cast<double>(average->count()) : ns;
  average = Duration(std::llround(before + kAverageWeight * (ns - before)));
}

}  // namespace

void RunCost::observe(std::int64_t rows, Duration duration) {
  const double size = static_cast<double>(std::max<std::int64_t>(rows, 1));
  const double ns = static_cast<double>(duration.count());
  const bool first = !run_;
  average_in(run_, ns);
  average_in(row_, ns / size);
  if (first) {
    mean_rows_ = size;
    mean_ns_ = ns;
    return;
  }
  // Moments with exponential forgetting: T. Finch, "Incremental calculation of weighted mean and
  // variance" (2009), section 9, and its analogue for the covariance.
  const double more_rows = size - mean_rows_;
  const double more_ns = ns - mean_ns_;
  mean_rows_ += kFitWeight * more_rows;
  mean_ns_ += kFitWeight * more_ns;
  variance_ = (1 - kFitWeight) * (variance_ + kFitWeight * more_rows * more_rows);
  covariance_ = (1 - kFitWeight) * (covariance_ + kFitWeight * more_rows * more_ns);
  if (variance_ < kLeastVariance) return;
  const double slope = covariance_ / variance_;
  const double base = mean_ns_ - slope * mean_rows_;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if (slope * static_cast<double>(1 << 30) <= base) {
    worth_ = kMost;
  } else {
    worth_ = std::max<std::int64_t>(std::llround(base / slope), 1);
  }
}

}  // namespace temper::batching
