#include "temper/stats/wasserstein.h"

#include "temper/stats/ecdf_distance.h"

namespace temper::stats {

std::optional<double> wasserstein_distance(std::span<const double> reference,
                                           std::span<const double> current) {
  if (reference.empty() || current.empty()) return std::nullopt;
  return ecdf_distance(reference, current).area;
}

std::optional<double> wasserstein_distance(const KllSketch& reference, const KllSketch& current) {
  if (reference.is_empty() || current.is_empty()) return std::nullopt;
  return ecdf_distance(reference.sample(), current.sample()).area;
}

}  // namespace temper::stats
