// Tests on two means from their moments.
#pragma once

#include <optional>

#include "temper/stats/moments.h"

namespace temper::stats {

struct MeanTest {
  /// (current mean - reference mean) / standard error; +-inf where both samples are constant and
  /// differ.
  double statistic = 0;
  /// Two-sided.
  double p_value = 1;
  /// Of Student's t; +inf for the Z-test.
  double degrees = 0;
};

/// Z-test with unpooled variances: for samples large enough that the means are normal.
/// Edges: nullopt with fewer than two finite values on a side. Two constants: p = 1 if equal, else
/// 0.
[[nodiscard]] std::optional<MeanTest> z_test(const Moments& reference, const Moments& current);

/// Welch's t-test, degrees of freedom by Welch and Satterthwaite. Edges as above.
/// Source: Welch (1947); equals scipy.stats.ttest_ind(current, reference, equal_var=False).
[[nodiscard]] std::optional<MeanTest> welch_test(const Moments& reference, const Moments& current);

}  // namespace temper::stats
