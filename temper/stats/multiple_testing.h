// Many p-values at once: family-wise error, false discovery rate, and its online form.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "temper/core/result.h"

namespace temper::stats {

/// Holm's step-down adjusted p-values: rejecting all that are <= alpha keeps the chance of any
/// false rejection <= alpha, whatever the dependence between the tests.
///
/// Shapes: one p-value per test, in any order; the answer is in the same order.
/// Value:  in [p, 1]; monotone in p; equal p-values get equal answers.
/// Edges:  no p-values give an empty answer.
/// Errors: kInvalidArgument if a p-value is NaN or outside [0, 1].
/// Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
[[nodiscard]] Result<std::vector<double>> holm(std::span<const double> p_values);

/// Benjamini-Hochberg adjusted p-values (q-values): rejecting all <= q keeps the expected share of
/// false ones among the rejected <= q for independent or positively dependent tests.
///
/// Shapes, edges and errors as `holm`. Agrees with scipy.stats.false_discovery_control.
/// Source: Benjamini & Hochberg, "Controlling the false discovery rate" (1995).
[[nodiscard]] Result<std::vector<double>> benjamini_hochberg(std::span<const double> p_values);

/// Online false discovery rate: tests come one by one, and each is told its level before its
/// p-value is seen.
///
/// LORD++ with gamma_j proportional to log(max(j, 2)) / (j exp(sqrt(log j))): a rejection earns
/// level for later tests, and levels fade as tests pass without one. Controls FDR <= alpha for
/// independent p-values.
///
/// Cost: O(rejections so far) a test. Source: Ramdas, Yang, Wainwright & Jordan, "Online control of
/// the false discovery rate with decaying memory" (2017).
class OnlineFdr {
 public:
  struct Config {
    /// Target false discovery rate, (0, 1).
    double alpha = 0.05;
    /// Level in hand before the first rejection, (0, alpha); 0 = alpha / 2.
    double initial_wealth = 0;
  };

  /// Errors: kInvalidArgument for a level out of range.
  static Result<OnlineFdr> create(const Config& config);

  /// The level at which the next test rejects (p <= level).
  [[nodiscard]] double next_level() const;
  /// Takes the next test's p-value; true = rejected. NaN never rejects.
  bool test(double p_value);
  [[nodiscard]] std::size_t tests() const { return tests_; }
  [[nodiscard]] std::size_t rejections() const { return rejected_at_.size(); }

 private:
  OnlineFdr(double alpha, double wealth) : alpha_(alpha), wealth_(wealth) {}
  double alpha_;
  double wealth_;
  std::size_t tests_ = 0;
  std::vector<std::size_t> rejected_at_;
};

}  // namespace temper::stats
