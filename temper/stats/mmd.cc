#include "temper/stats/mmd.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "temper/core/rng.h"

namespace temper::stats {
namespace {

Status check(std::span<const double> reference, std::span<const double> current,
             std::size_t dimension, const MmdConfig& config) {
  if (dimension == 0 || reference.size() % dimension != 0 || current.size() % dimension != 0 ||
      reference.size() < 2 * dimension || current.size() < 2 * dimension) {
    return fail(ErrorCode::kInvalidArgument,
                "needs at least 2 whole rows a side; got {} and {} values of dimension {}",
                reference.size(), current.size(), dimension);
  }
  if (config.features == 0 || config.features > 65'536 || config.permutations == 0 ||
      config.permutations > 1'000'000 || !(config.bandwidth >= 0)) {
    return fail(ErrorCode::kInvalidArgument, "features, permutations or bandwidth out of range");
  }
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::ranges::all_of(reference, finite) || !std::ranges::all_of(current, finite)) {
    return fail(ErrorCode::kInvalidArgument, "a value is not finite");
  }
  return {};
}

double median_distance(std::span<const double> pooled, std::size_t dimension, Rng& rng) {
  const std::size_t rows = pooled.size() / dimension;
  std::vector<double> distances;
  for (int draw = 0; draw < 1000; ++draw) {
    const std::size_t a = rng.below(rows);
    const std::size_t b = rng.below(rows);
    if (a == b) continue;
    double sum = 0;
    for (std::size_t d = 0; d < dimension; ++d) {
      const double gap = pooled[a * dimension + d] - pooled[b * dimension + d];
      sum += gap * gap;
    }
    if (sum > 0) distances.push_back(std::sqrt(sum));
  }
  if (distances.empty()) return 0;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  return *middle;
}

// [rows, features]: sqrt(2 / features) cos(w.x + b), w normal of scale 1 / bandwidth.
std::vector<double> fourier_features(std::span<const double> pooled, std::size_t dimension,
                                     std::size_t features, double bandwidth, Rng& rng) {
  const std::size_t rows = pooled.size() / dimension;
  std::vector<double> frequency(features * dimension);
  for (double& w : frequency) w = rng.normal() / bandwidth;
  std::vector<double> phase(features);
  for (double& b : phase) b = 2 * std::numbers::pi * rng.uniform();
  const double scale = std::sqrt(2.0 / static_cast<double>(features));
  std::vector<double> out(rows * features);
  for (std::size_t r = 0; r < rows; ++r) {
    const auto x = pooled.subspan(r * dimension, dimension);
    for (std::size_t f = 0; f < features; ++f) {
      const double angle = std::inner_product(
          x.begin(), x.end(), frequency.begin() + static_cast<std::ptrdiff_t>(f * dimension),
          phase[f]);
      out[r * features + f] = scale * std::cos(angle);
    }
  }
  return out;
}

double squared_gap(const std::vector<double>& mapped, std::size_t features,
                   const std::vector<std::size_t>& order, std::size_t first) {
  const std::size_t rows = order.size();
  std::vector<double> gap(features, 0.0);
  for (std::size_t i = 0; i < rows; ++i) {
    const double weight =
        i < first ? 1.0 / static_cast<double>(first) : -1.0 / static_cast<double>(rows - first);
    const double* row = mapped.data() + order[i] * features;
    for (std::size_t f = 0; f < features; ++f) gap[f] += weight * row[f];
  }
  return std::inner_product(gap.begin(), gap.end(), gap.begin(), 0.0);
}

}  // namespace

Result<MmdResult> maximum_mean_discrepancy(std::span<const double> reference,
                                           std::span<const double> current, std::size_t dimension,
                                           const MmdConfig& config) {
  TEMPER_TRY_STATUS(check(reference, current, dimension, config));
  Rng rng(config.seed);
  std::vector<double> pooled(reference.begin(), reference.end());
  pooled.insert(pooled.end(), current.begin(), current.end());
  const double bandwidth =
      config.bandwidth > 0 ? config.bandwidth : median_distance(pooled, dimension, rng);
  if (bandwidth == 0) return MmdResult{.squared = 0, .p_value = 1, .bandwidth = 0};
  const auto mapped = fourier_features(pooled, dimension, config.features, bandwidth, rng);
  std::vector<std::size_t> order(pooled.size() / dimension);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t first = reference.size() / dimension;
  const double observed = squared_gap(mapped, config.features, order, first);
  // Sums in another order differ in the last bits; a tie must count as one.
  const double tie = observed * (1 - 1e-9);
  std::size_t as_far = 0;
  for (std::size_t p = 0; p < config.permutations; ++p) {
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
    if (squared_gap(mapped, config.features, order, first) >= tie) ++as_far;
  }
  return MmdResult{
      .squared = observed,
      .p_value = static_cast<double>(as_far + 1) / static_cast<double>(config.permutations + 1),
      .bandwidth = bandwidth};
}

}  // namespace temper::stats
