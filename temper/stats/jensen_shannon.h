// Jensen-Shannon divergence.
#pragma once

#include <cstdint>
#include <span>

#include "temper/core/result.h"

namespace temper::stats {

struct JensenShannon {
  /// Base 2, in [0, 1].
  double divergence = 0;
  /// Its square root, a metric: what SciPy calls `jensenshannon(p, q, base=2)`.
  double distance = 0;
};

/// Jensen-Shannon divergence of two samples counted by the same bins.
///
/// Shapes:  one count per bin, same bins, same order.
/// Value:   mean of the two Kullback-Leibler divergences to the mixture, base 2; 0 when the shares
///          agree, 1 when no bin is shared. Counts are not smoothed: empty bins are no problem
///          here.
/// Errors:  kInvalidArgument if the sizes differ or are 0; kFailedPrecondition if a side is empty.
/// Source:  Lin (1991); agrees with scipy.spatial.distance.jensenshannon.
[[nodiscard]] Result<JensenShannon> jensen_shannon(std::span<const std::uint64_t> reference,
                                                   std::span<const std::uint64_t> current);

}  // namespace temper::stats
