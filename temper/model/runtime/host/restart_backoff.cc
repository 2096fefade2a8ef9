#include "temper/model/runtime/host/restart_backoff.h"

#include <algorithm>

namespace temper::runtime {

Duration RestartBackoff::next_delay(Duration lived, Rng& rng) {
  if (lived >= config_.healthy_after) deaths_in_a_row_ = 0;
  // 2^30 first delays are past any longest one that makes sense.
  const int doublings = std::min(deaths_in_a_row_, 30);
  ++deaths_in_a_row_;
  const double delay = std::min(static_cast<double>(config_.first_delay.count()) *
                                    static_cast<double>(std::int64_t{1} << doublings),
                                static_cast<double>(config_.longest_delay.count()));
  return Duration(static_cast<std::int64_t>(delay * (0.5 + 0.5 * rng.uniform())));
}

}  // namespace temper::runtime
