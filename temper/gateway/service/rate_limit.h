// Token bucket: a steady rate with bursts. Pure: time comes in as an argument.
#pragma once

#include <algorithm>

#include "temper/core/clock.h"

namespace temper::gateway {

/// Units: tokens are requests, `per_second` > 0, `burst` >= 1. Starts full. Not thread-safe.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst, TimePoint now)
      : per_second_(per_second), burst_(burst), tokens_(burst), filled_at_(now) {}

  /// Takes one token; otherwise says how long until there is one.
  [[nodiscard]] Duration take(TimePoint now) {
    const double elapsed = std::chrono::duration<double>(now - filled_at_).count();
    if (elapsed > 0) {
      tokens_ = std::min(burst_, tokens_ + elapsed * per_second_);
      filled_at_ = now;
    }
    if (tokens_ >= 1) {
      tokens_ -= 1;
      return Duration::zero();
    }
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>((1 - tokens_) / per_second_) + std::chrono::nanoseconds(1));
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  TimePoint filled_at_;
};

}  // namespace temper::gateway
