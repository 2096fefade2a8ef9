// Two-sample Kolmogorov-Smirnov test, on samples and on sketches.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "temper/stats/kll_sketch.h"

namespace temper::stats {

struct KolmogorovSmirnov {
  /// Largest distance between the two distribution functions.
  double statistic = 0;
  /// Two-sided. Of sketches: for `statistic - sketch_error`, so never too small.
  double p_value = 1;
  /// The p-value is exact, not asymptotic.
  bool is_exact = false;
  /// How far the statistic may be off, with probability 1 - 0.01; 0 for raw samples.
  double sketch_error = 0;
};

/// Two-sided two-sample test of raw samples.
///
/// Shapes:  both ascending, without NaN; infinities are ordinary values.
/// Value:   the p-value is exact where both have at most `kMostExact` values, and that of the exact
///          one-sample statistic at n m / (n + m) values, rounded, otherwise: SciPy's `auto`.
/// Edges:   nullopt if either is empty. With ties the p-value is conservative.
/// Cost:    O(n + m), and O(n m statistic) for an exact p-value of unequal sizes.
/// Source:  Hodges (1958); Simard & L'Ecuyer (2011); agrees with scipy.stats.ks_2samp.
[[nodiscard]] std::optional<KolmogorovSmirnov> ks_2samp(std::span<const double> reference,
                                                        std::span<const double> current);

/// Of a sketch and a sample, or of two sketches.
///
/// Value:   `statistic` between the sketched distribution functions; `sketch_error` bounds what
///          sketching adds to it or takes away, and the p-value grants all of it.
[[nodiscard]] std::optional<KolmogorovSmirnov> ks_2samp(const KllSketch& reference,
                                                        std::span<const double> current);
[[nodiscard]] std::optional<KolmogorovSmirnov> ks_2samp(const KllSketch& reference,
                                                        const KllSketch& current);

/// Samples of at most this many values have an exact p-value.
inline constexpr std::uint64_t kMostExact = 10'000;

struct KsPValue {
  double p_value = 1;
  bool is_exact = false;
};
/// P(D >= statistic) for samples of n and m values from one continuous distribution; n, m >= 1.
[[nodiscard]] KsPValue ks_p_value(double statistic, std::uint64_t n, std::uint64_t m);

}  // namespace temper::stats
