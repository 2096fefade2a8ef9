// Maximum mean discrepancy: do two samples of vectors (embeddings) come from one distribution?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "temper/core/result.h"

namespace temper::stats {

struct MmdConfig {
  /// Random Fourier features, 1..65536: more follow the Gaussian kernel more closely.
  std::size_t features = 256;
  /// Kernel width in the vectors' units; 0 = the median distance of pooled pairs (at most 1,000
  /// drawn).
  double bandwidth = 0;
  /// Relabellings for the p-value, 1..1,000,000.
  std::size_t permutations = 499;
  std::uint64_t seed = 1;
};

struct MmdResult {
  /// Squared distance between the samples' mean features: biased upward, 0 for equal samples.
  double squared;
  /// (1 + relabellings at least as far apart) / (1 + relabellings): in [1 / (1 + permutations), 1].
  double p_value;
  double bandwidth;
};

/// Squared maximum mean discrepancy under exp(-|x - y|^2 / (2 bandwidth^2)), by random features.
///
/// Shapes: both row-major, [rows, dimension], at least 2 rows each.
/// Edges:  if all pooled rows are equal the result is 0 with p = 1.
/// Errors: kInvalidArgument for sizes that do not fit, a value that is not finite, or a setting out
///         of range.
/// Cost:   O(rows * features * dimension + permutations * rows * features); same seed, same answer.
/// Source: Gretton et al., "A kernel two-sample test" (2012); Rahimi & Recht, "Random features for
///         large-scale kernel machines" (2007).
[[nodiscard]] Result<MmdResult> maximum_mean_discrepancy(std::span<const double> reference,
                                                         std::span<const double> current,
                                                         std::size_t dimension,
                                                         const MmdConfig& config);

}  // namespace temper::stats
