// How large a statistic grows while nothing is wrong, learned from the reference's own blocks.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"

namespace temper::drift {

/// A fitted null distribution: the observed values, and a generalised Pareto tail above the upper
/// 15 % of them.
///
/// Within the range that was observed the p-value is (1 + #{v >= x}) / (n + 1); beyond it the
/// tail's, whose scale is widened by one standard error. The tail's shape is clamped to [0, 0.5]:
/// never lighter than exponential. Source: Pickands, "Statistical inference using extreme order
/// statistics" (1975); Hosking &
///         Wallis (1987) for the moments.
class NullTail {
 public:
  /// Without values nothing is learned and every p-value is 0: the caller's floor decides alone.
  static NullTail fit(std::vector<double> values);

  [[nodiscard]] double p_value(double x) const;
  [[nodiscard]] std::size_t size() const { return sorted_.size(); }
  /// Largest value seen; 0 if there is none.
  [[nodiscard]] double largest() const { return sorted_.empty() ? 0 : sorted_.back(); }

  void write(stats::ByteWriter& out) const;
  static Result<NullTail> read(stats::ByteReader& in);
  bool operator==(const NullTail&) const = default;

 private:
  std::vector<double> sorted_;
  double start_ = 0;
  double scale_ = 0;
  double shape_ = 0;
};

}  // namespace temper::drift
