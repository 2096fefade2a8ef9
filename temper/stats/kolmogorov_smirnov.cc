#include "temper/stats/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "temper/stats/distributions.h"
#include "temper/stats/ecdf_distance.h"

namespace temper::stats {
namespace {

/// P(D >= h / n) for two samples of n values each: reflections, summed by Horner's scheme so that
/// nothing cancels.
double exact_equal_sizes(std::uint64_t n, std::uint64_t h) {
  double p = 0;
  for (std::uint64_t k = n / h + 1; k-- > 0;) {
    double term = 1;
    for (std::uint64_t j = 0; j < h && term > 0; ++j) {
      // Signed: the last reflection may reach beyond the lattice, where the product is 0.
      const double left =
          static_cast<double>(n) - static_cast<double>(k * h) - static_cast<double>(j);
      term *= std::max(0.0, left) / static_cast<double>(n + k * h + j + 1);
    }
    p = term * (1 - p);
  }
  return std::clamp(2 * p, 0.0, 1.0);
}

/// P(D >= h / lcm) for n and m values: the share of monotone lattice paths from (0, 0) to (n, m)
/// that touch |x m' - y n'| >= h with n' = n / g, m' = m / g. `outside` is that share for paths to
/// (x, y); all terms are positive, so small probabilities keep their digits.
double exact_unequal_sizes(std::uint64_t n, std::uint64_t m, std::uint64_t g, std::uint64_t h) {
  const auto step_x = static_cast<std::int64_t>(m / g);
  const auto step_y = static_cast<std::int64_t>(n / g);
  const auto limit = static_cast<std::int64_t>(h);
  const auto columns = static_cast<std::int64_t>(m);
  std::vector<double> outside(static_cast<std::size_t>(m) + 1, 1.0);
  // Row x = 0: only up, inside until the border is reached, 1 from there on.
  for (std::int64_t y = 0; y <= columns && y * step_y < limit; ++y) {
    outside[static_cast<std::size_t>(y)] = 0;
  }
  for (std::int64_t x = 1; x <= static_cast<std::int64_t>(n); ++x) {
    const std::int64_t centre = x * step_x;
    // Inside: centre - limit < y step_y < centre + limit.
    const std::int64_t low = centre < limit ? 0 : (centre - limit) / step_y + 1;
    const std::int64_t high = std::min(columns, (centre + limit - 1) / step_y);
    if (low > 0) outside[static_cast<std::size_t>(low - 1)] = 1;
    for (std::int64_t y = low; y <= high; ++y) {
      const auto at = static_cast<std::size_t>(y);
      const double from_left = outside[at];
      const double from_below = y == 0 ? 0 : outside[at - 1];
      const auto total = static_cast<double>(x + y);
      outside[at] = from_left * (static_cast<double>(x) / total) +
                    from_below * (static_cast<double>(y) / total);
    }
  }
  return std::clamp(outside[static_cast<std::size_t>(m)], 0.0, 1.0);
}

std::optional<KolmogorovSmirnov> of_sketches(double statistic, double error, std::uint64_t n,
                                             std::uint64_t m) {
  const KsPValue p = ks_p_value(std::max(0.0, statistic - error), n, m);
  return KolmogorovSmirnov{.statistic = statistic,
                           .p_value = p.p_value,
                           .is_exact = p.is_exact && error == 0,
                           .sketch_error = error};
}

}  // namespace

KsPValue ks_p_value(double statistic, std::uint64_t n, std::uint64_t m) {
  if (std::max(n, m) > kMostExact) {
    const double effective =
        static_cast<double>(n) / static_cast<double>(n + m) * static_cast<double>(m);
    const auto rounded = static_cast<std::uint64_t>(std::max(1.0, std::nearbyint(effective)));
    return {.p_value = kolmogorov_sf(rounded, statistic), .is_exact = false};
  }
  const std::uint64_t g = std::gcd(n, m);
  const std::uint64_t lcm = n / g * m;
  const auto h = static_cast<std::uint64_t>(std::llround(statistic * static_cast<double>(lcm)));
  if (h == 0) return {.p_value = 1, .is_exact = true};
  const double p = n == m ? exact_equal_sizes(n, h) : exact_unequal_sizes(n, m, g, h);
  return {.p_value = p, .is_exact = true};
}

std::optional<KolmogorovSmirnov> ks_2samp(std::span<const double> reference,
                                          std::span<const double> current) {
  if (reference.empty() || current.empty()) return std::nullopt;
  const double statistic = ecdf_distance(reference, current).supremum;
  const KsPValue p = ks_p_value(statistic, reference.size(), current.size());
  return KolmogorovSmirnov{
      .statistic = statistic, .p_value = p.p_value, .is_exact = p.is_exact, .sketch_error = 0};
}

std::optional<KolmogorovSmirnov> ks_2samp(const KllSketch& reference,
                                          std::span<const double> current) {
  if (reference.is_empty() || current.empty()) return std::nullopt;
  return of_sketches(ecdf_distance(reference.sample(), current).supremum,
                     reference.uniform_rank_error(), reference.count(), current.size());
}

std::optional<KolmogorovSmirnov> ks_2samp(const KllSketch& reference, const KllSketch& current) {
  if (reference.is_empty() || current.is_empty()) return std::nullopt;
  // Half of the allowed failure for each.
  const double error = reference.uniform_rank_error(0.005) + current.uniform_rank_error(0.005);
  return of_sketches(ecdf_distance(reference.sample(), current.sample()).supremum, error,
                     reference.count(), current.count());
}

}  // namespace temper::stats
