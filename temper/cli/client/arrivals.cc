#include "temper/cli/client/arrivals.h"

#include <algorithm>

namespace temper::client {

PoissonArrivals::PoissonArrivals(double rate_per_s, TimePoint start, TimePoint end,
                                 std::uint64_t seed)
    : mean_gap_ns_(1e9 / rate_per_s), end_(end), rng_(seed), start_(start), next_(start) {
  draw_next();
}

void PoissonArrivals::draw_next() {
  exact_next_ns_ += rng_.exponential() * mean_gap_ns_;
  const double horizon = static_cast<double>((end_ - start_).count());
  next_ = exact_next_ns_ < horizon ? start_ + Duration(static_cast<std::int64_t>(exact_next_ns_))
                                   : kNever;
}

void PoissonArrivals::advance(TimePoint now) {
  while (next_ != kNever && next_ <= now) {
    if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(next_);
    } else {
      ++refused_;
    }
    draw_next();
  }
  most_waiting_ = std::max(most_waiting_, waiting_.size());
}

std::optional<TimePoint> PoissonArrivals::take() {
  if (waiting_.empty()) return std::nullopt;
  const TimePoint scheduled = waiting_.front();
  waiting_.pop_front();
  return scheduled;
}

}  // namespace temper::client
