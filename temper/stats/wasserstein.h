// Wasserstein distance of two samples on a line.
#pragma once

#include <optional>
#include <span>

#include "temper/stats/kll_sketch.h"

namespace temper::stats {

/// First Wasserstein distance (earth mover's), in the unit of the values.
///
/// Shapes:  both ascending, without NaN.
/// Value:   the area between the two distribution functions; >= 0, 0 when they agree.
/// Edges:   nullopt if either is empty; +inf where the shares of -inf or of +inf differ.
/// Cost:    O(n + m).
/// Source:  Ramdas, Garcia & Cuturi (2017); agrees with scipy.stats.wasserstein_distance on finite
///          values.
[[nodiscard]] std::optional<double> wasserstein_distance(std::span<const double> reference,
                                                         std::span<const double> current);

/// Of sketches. Error: at most (range of the values) x (sum of the uniform rank errors).
[[nodiscard]] std::optional<double> wasserstein_distance(const KllSketch& reference,
                                                         const KllSketch& current);

}  // namespace temper::stats
