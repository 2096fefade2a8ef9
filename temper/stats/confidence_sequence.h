// Intervals for a mean that hold at every moment at once, so that one may look as often as one
// likes.
#pragma once

#include <cstdint>

#include "temper/core/result.h"

namespace temper::stats {

/// An interval with both ends included.
struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// Half width of the normal-mixture confidence sequence for the mean of `n` sub-Gaussian values.
///
/// With probability >= 1 - alpha the mean lies within it around the sample mean for all n >= 1
/// together (two-sided).
/// Units:  those of `sigma`, the sub-Gaussian scale: (b - a) / 2 for values in [a, b].
/// `tuned_for`: the n at which the sequence is about tightest; any value > 0 is valid.
/// Edges:  n = 0 gives infinity.
/// Source: Robbins, "Statistical methods related to the law of the iterated logarithm" (1970);
///         Howard, Ramdas, McAuliffe & Sekhon, "Time-uniform, nonparametric, nonasymptotic
///         confidence sequences" (2021), eq. 14.
[[nodiscard]] double normal_mixture_radius(double n, double sigma, double alpha, double tuned_for);

/// Confidence sequence for a share of independent yes/no outcomes. Mergeable: only counts are kept.
class ShareSequence {
 public:
  struct Config {
    /// Chance that the truth is ever left out, (0, 1).
    double alpha = 0.05;
    /// Number of outcomes at which the interval is about tightest, > 0.
    double tuned_for = 1000;
  };

  /// Errors: kInvalidArgument for a setting out of range.
  static Result<ShareSequence> create(const Config& config);

  void add(bool outcome) { add(outcome ? 1 : 0, 1); }
  /// `hits` of `outcomes` more. Needs hits <= outcomes.
  void add(std::uint64_t hits, std::uint64_t outcomes);
  void merge(const ShareSequence& other) { add(other.hits_, other.outcomes_); }

  [[nodiscard]] std::uint64_t hits() const { return hits_; }
  [[nodiscard]] std::uint64_t outcomes() const { return outcomes_; }
  /// 0 while there are no outcomes.
  [[nodiscard]] double share() const;
  /// Clipped to [0, 1]; all of it while there are no outcomes.
  [[nodiscard]] Interval interval() const;

 private:
  explicit ShareSequence(const Config& config) : config_(config) {}
  Config config_;
  std::uint64_t hits_ = 0;
  std::uint64_t outcomes_ = 0;
};

/// Clopper-Pearson interval for the share behind `hits` of `outcomes`, at one fixed look.
///
/// Shares need not be whole: counts may be scaled to an effective number of independent outcomes.
/// Errors: kInvalidArgument unless 0 <= hits <= outcomes, outcomes > 0 and 0 < alpha < 1.
/// Source: Clopper & Pearson (1934); agrees with scipy.stats.binomtest(...).proportion_ci().
[[nodiscard]] Result<Interval> exact_share_interval(double hits, double outcomes, double alpha);

}  // namespace temper::stats
