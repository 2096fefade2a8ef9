#include "temper/stats/population_stability.h"

#include <algorithm>
#include <cmath>

namespace temper::stats {

Result<PopulationStability> population_stability_index(std::span<const std::uint64_t> reference,
                                                       std::span<const std::uint64_t> current) {
  if (reference.size() != current.size() || reference.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} reference bins and {} current bins",
                reference.size(), current.size());
  }
  constexpr double kSmoothing = 0.5;
  double n = 0;
  double m = 0;
  std::size_t bins = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    n += static_cast<double>(reference[i]);
    m += static_cast<double>(current[i]);
    bins += reference[i] + current[i] > 0 ? 1 : 0;
  }
  if (n == 0 || m == 0) {
    return fail(ErrorCode::kFailedPrecondition, "no values in the {} sample",
                n == 0 ? "reference" : "current");
  }
  const double smoothed_n = n + kSmoothing * static_cast<double>(bins);
  const double smoothed_m = m + kSmoothing * static_cast<double>(bins);
  double psi = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] + current[i] == 0) continue;
    const double p = (static_cast<double>(reference[i]) + kSmoothing) / smoothed_n;
    const double q = (static_cast<double>(current[i]) + kSmoothing) / smoothed_m;
    psi += (q - p) * std::log(q / p);
  }
  const double bias = static_cast<double>(bins - 1) * (1 / n + 1 / m);
  return PopulationStability{.psi = psi, .corrected = std::max(0.0, psi - bias), .bins = bins};
}

}  // namespace temper::stats
