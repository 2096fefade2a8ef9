// Population stability index, plain and corrected for its bias.
#pragma once

#include <cstdint>
#include <span>

#include "temper/core/result.h"

namespace temper::stats {

struct PopulationStability {
  /// In nats, of the smoothed shares.
  double psi = 0;
  /// psi - (bins - 1)(1/n + 1/m), not below 0: what remains beyond the sampling error of two
  /// samples of one distribution, whose psi has about that mean.
  double corrected = 0;
  /// Bins that hold anything on either side.
  std::size_t bins = 0;

  bool operator==(const PopulationStability&) const = default;
};

/// Population stability index of two samples counted by the same bins.
///
/// Shapes:  `reference` and `current` hold one count per bin, same bins, same order.
/// Value:   sum of (q - p) ln(q / p) with p = (count + 1/2) / (n + B/2) and q likewise; 0 when the
///          smoothed shares agree, never negative, symmetric in its arguments. n, m are the counts'
///          sums before smoothing.
/// Edges:   bins that are empty on both sides are left out (they tell nothing and would add to the
///          correction); a sample without any count is an error, not a 0.
/// Errors:  kInvalidArgument if the sizes differ or are 0; kFailedPrecondition if a side is empty.
/// Cost:    O(bins), no allocation.
/// Source:  Siddiqi, Credit Risk Scorecards (2006); the bias is that of a chi-square with B - 1
///          degrees of freedom (Yurdakul & Naranjo, 2020).
[[nodiscard]] Result<PopulationStability> population_stability_index(
    std::span<const std::uint64_t> reference, std::span<const std::uint64_t> current);

}  // namespace temper::stats
