// Whether and when a caller tries again.
#pragma once

#include <optional>

#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::client {

struct RetryPolicy {
  /// Where the server gives no hint: this long after the first failure, doubled after each, up to
  /// `longest_wait`.
  Duration first_wait = std::chrono::milliseconds(10);
  Duration longest_wait = std::chrono::seconds(1);
  /// Waits of one request together.
  Duration patience = std::chrono::seconds(60);
};

/// The retries of one request. A step machine: no clock inside.
class Retry {
 public:
  explicit Retry(const RetryPolicy& policy) : policy_(policy), next_wait_(policy.first_wait) {}

  /// How long to wait before the next attempt; empty when another would be no use: the error does
  /// not pass by itself (anything but overload and unavailability), or patience is spent.
  [[nodiscard]] std::optional<Duration> wait_after(const Error& error);

 private:
  const RetryPolicy policy_;
  Duration next_wait_;
  Duration waited_{0};
};

}  // namespace temper::client
