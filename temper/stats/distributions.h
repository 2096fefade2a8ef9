// Tails of the distributions that the tests of this folder need.
#pragma once

#include <cstdint>

namespace temper::stats {

/// P(Z <= z) and P(Z > z) of the standard normal. NaN gives NaN.
[[nodiscard]] double normal_cdf(double z);
[[nodiscard]] double normal_sf(double z);
/// z with normal_cdf(z) = p; -inf at 0, +inf at 1, NaN outside [0, 1].
[[nodiscard]] double normal_quantile(double p);

/// P(|T| > |t|) of Student's t; `degrees` > 0 need not be whole.
[[nodiscard]] double student_t_two_sided(double t, double degrees);

/// P(X > x) of the chi-square distribution; 1 for x <= 0.
[[nodiscard]] double chi_square_sf(double x, double degrees);

/// P(sqrt(n) D > z) for n to infinity: Kolmogorov's limit. Equals scipy.special.kolmogorov.
[[nodiscard]] double kolmogorov_limit_sf(double z);

/// P(D >= d) of the two-sided one-sample Kolmogorov-Smirnov statistic of n values, n >= 1.
///
/// Value:   exact to rounding for n <= 140 (Durbin's matrix, or twice the one-sided tail where that
///          is exact or differs by less than 1e-8 of itself); above, Pelz and Good's expansion in
///          the middle and twice the one-sided tail beyond.
/// Source:  Simard & L'Ecuyer (2011); Marsaglia, Tsang & Wang (2003); Pelz & Good (1976). Agrees
/// with
///          scipy.stats.kstwo.sf to 1e-6 of the value for p > 1e-20.
[[nodiscard]] double kolmogorov_sf(std::uint64_t n, double d);

/// P(D+ >= d) of the one-sided statistic, n >= 1: Birnbaum and Tingey's sum up to 5,000 values,
/// Lauwerier's expansion above.
[[nodiscard]] double smirnov_sf(std::uint64_t n, double d);

}  // namespace temper::stats
