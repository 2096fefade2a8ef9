// Two empirical distribution functions in one walk: what Kolmogorov-Smirnov and Wasserstein share.
#pragma once

#include <span>

#include "temper/stats/kll_sketch.h"

namespace temper::stats {

struct EcdfDistance {
  /// Largest |F - G|.
  double supremum = 0;
  /// Integral of |F - G|; +inf where the samples differ in their share of an infinity.
  double area = 0;
};

/// Distances between the distribution functions of two samples.
///
/// Shapes:  both ascending, without NaN, of any lengths.
/// Edges:   ties within and between samples are one step; if either is empty both distances are 0.
/// Cost:    O(n + m) without branches on the values, so random data costs no mispredictions.
[[nodiscard]] EcdfDistance ecdf_distance(std::span<const double> reference,
                                         std::span<const double> current);

/// The same with sketches in place of one sample, or of both.
[[nodiscard]] EcdfDistance ecdf_distance(const WeightedSample& reference,
                                         std::span<const double> current);
[[nodiscard]] EcdfDistance ecdf_distance(const WeightedSample& reference,
                                         const WeightedSample& current);

}  // namespace temper::stats
