#include "temper/cli/client/retry.h"

#include <algorithm>

namespace temper::client {

std::optional<Duration> Retry::wait_after(const Error& error) {
  const bool passes =
      error.code == ErrorCode::kResourceExhausted || error.code == ErrorCode::kUnavailable;
  if (!passes) return std::nullopt;
  const Duration hinted = std::chrono::milliseconds(error.retry_after_ms);
  const Duration wait = hinted > Duration::zero() ? hinted : next_wait_;
  if (waited_ + wait > policy_.patience) return std::nullopt;
  waited_ += wait;
  next_wait_ = std::min(next_wait_ * 2, policy_.longest_wait);
  return wait;
}

}  // namespace temper::client
