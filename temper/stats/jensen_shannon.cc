#include "temper/stats/jensen_shannon.h"

#include <algorithm>
#include <cmath>

namespace temper::stats {

Result<JensenShannon> jensen_shannon(std::span<const std::uint64_t> reference,
                                     std::span<const std::uint64_t> current) {
  if (reference.size() != current.size() || reference.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} reference bins and {} current bins",
                reference.size(), current.size());
  }
  double n = 0;
  double m = 0;
  for (const std::uint64_t count : reference) n += static_cast<double>(count);
  for (const std::uint64_t count : current) m += static_cast<double>(count);
  if (n == 0 || m == 0) {
    return fail(ErrorCode::kFailedPrecondition, "no values in the {} sample",
                n == 0 ? "reference" : "current");
  }
  double sum = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double p = static_cast<double>(reference[i]) / n;
    const double q = static_cast<double>(current[i]) / m;
    const double mixture = (p + q) / 2;
    if (p > 0) sum += p * std::log2(p / mixture);
    if (q > 0) sum += q * std::log2(q / mixture);
  }
  const double divergence = std::clamp(sum / 2, 0.0, 1.0);
  return JensenShannon{.divergence = divergence, .distance = std::sqrt(divergence)};
}

}  // namespace temper::stats
