// The chi-square distribution seen from a null that allows a stated distance, and normal scores.
#pragma once

#include <span>
#include <vector>

namespace temper::stats {

/// P(X >= x) for a noncentral chi-square with `degrees` > 0 and noncentrality >= 0.
///
/// Edges: x <= 0 gives 1, infinity gives 0.
/// Agrees with scipy.stats.ncx2.sf (chi2.sf at noncentrality 0).
[[nodiscard]] double noncentral_chi_square_upper(double x, double degrees, double noncentrality);

/// Van der Waerden scores of ordered bins: the normal quantile of each bin's middle rank, centred
/// and scaled to mean 0 and variance 1 under `shares`.
///
/// Shapes: shares >= 0 that sum to 1; one score per bin. Edges: all mass in one bin gives zeros.
[[nodiscard]] std::vector<double> normal_scores(std::span<const double> shares);

}  // namespace temper::stats
