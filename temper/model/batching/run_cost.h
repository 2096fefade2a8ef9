// What a run of a model costs by its rows, learned from the runs themselves.
#pragma once

#include <cstdint>
#include <optional>

#include "temper/core/clock.h"

namespace temper::batching {

/// Fits duration = base + rows * slope by least squares whose memory fades (weight 1/32 a run);
/// moving averages of a run's and a row's duration beside it (weight 1/8). One thread at a time.
class RunCost {
 public:
  /// A run of `rows` took `duration`; an empty run counts as one row.
  void observe(std::int64_t rows, Duration duration);

  /// Moving average of a run; empty before the first.
  [[nodiscard]] std::optional<Duration> run() const { return run_; }
  /// Moving average of run / rows; empty before the first.
  [[nodiscard]] std::optional<Duration> row() const { return row_; }
  /// Rows at which the base is half of the run: smaller runs cost more per row than twice the best
  /// there is. Rounded, at least 1; the largest integer where rows are free. Empty while all runs
  /// had the same size, for then base and slope cannot be told apart.
  [[nodiscard]] std::optional<std::int64_t> rows_worth_their_base() const { return worth_; }

 private:
  std::optional<Duration> run_;
  std::optional<Duration> row_;
  std::optional<std::int64_t> worth_;
  double mean_rows_ = 0;
  double mean_ns_ = 0;
  double variance_ = 0;
  double covariance_ = 0;
};

}  // namespace temper::batching
