// Sequential change detection whose false alarms are bounded by an average run length.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "temper/core/result.h"

namespace temper::stats {

/// E-detector of Shiryaev-Roberts type: an e-process is started at every step, all are summed, and
/// an alarm is due when the sum reaches the wanted average run length.
///
/// A mixture of components bets on different kinds of change; each step gives one log e-value per
/// component, whose expectation as an e-value is <= 1 while nothing has changed. Then the mixture's
/// sum M_t has E[M_t] <= t, and an alarm at M_t >= A has an average run length of at least A steps,
/// whatever the components' dependence.
///
/// Edges: one step's log e-value is cut at `max_log_step` (still a valid e-value, and no single
/// step
///        decides alone); NaN counts as 0, that is, no evidence.
/// Cost:  one exponential per component and step; no allocation.
/// Source: Shin, Ramdas & Rinaldo, "E-detectors: a nonparametric framework for sequential change
///         detection" (2024), sec. 2.3 and 3.
class EDetector {
 public:
  /// Weights are positive and are scaled to sum to 1. Errors: kInvalidArgument otherwise.
  static Result<EDetector> create(std::vector<double> weights, double max_log_step);

  /// One step: log e-values, one per component (shape [components]).
  void update(std::span<const double> log_steps);
  /// log of the mixture's sum; minus infinity before the first step.
  [[nodiscard]] double log_value() const;
  /// The component that holds the largest part of the sum.
  [[nodiscard]] std::size_t leading_component() const;
  void reset();

  [[nodiscard]] std::size_t components() const { return weights_.size(); }
  /// The sums per component, to be stored and given back to `restore`.
  [[nodiscard]] std::span<const double> sums() const { return sums_; }
  /// Errors: kInvalidArgument if the number differs or a sum is negative or not finite.
  Status restore(std::span<const double> sums);

 private:
  EDetector(std::vector<double> weights, double max_log_step)
      : weights_(std::move(weights)), sums_(weights_.size(), 0.0), max_log_step_(max_log_step) {}
  std::vector<double> weights_;
  std::vector<double> sums_;
  double max_log_step_;
};

}  // namespace temper::stats
