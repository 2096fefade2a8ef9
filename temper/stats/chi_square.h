// Chi-square tests on counts.
#pragma once

#include <cstdint>
#include <span>

#include "temper/core/result.h"

namespace temper::stats {

struct ChiSquare {
  double statistic = 0;
  double p_value = 1;
  double degrees = 0;
  /// Smallest expected count; below about 5 the p-value is rough.
  double smallest_expected = 0;
};

/// Homogeneity of two samples counted by the same categories (a 2 x B contingency table).
///
/// Shapes:  one count per category, same order.
/// Value:   no continuity correction; degrees = categories seen - 1.
/// Edges:   categories empty on both sides are left out; with fewer than two left the statistic is
/// 0
///          and p is 1.
/// Errors:  kInvalidArgument if sizes differ or are 0; kFailedPrecondition if a side is empty.
/// Source:  Pearson (1900); equals scipy.stats.chi2_contingency(correction=False).
[[nodiscard]] Result<ChiSquare> chi_square_contingency(std::span<const std::uint64_t> reference,
                                                       std::span<const std::uint64_t> current);

/// Goodness of fit of counts to expected shares, which need not add up to 1 (they are normalised).
///
/// Edges:   a category of expected share 0 that was never seen is left out; one that was seen gives
///          statistic +inf and p 0.
/// Errors:  kInvalidArgument if sizes differ or are 0, or a share is negative or not finite or all
///          are 0; kFailedPrecondition if nothing was counted.
/// Source:  equals scipy.stats.chisquare.
[[nodiscard]] Result<ChiSquare> chi_square_fit(std::span<const std::uint64_t> counts,
                                               std::span<const double> expected_shares);

}  // namespace temper::stats
