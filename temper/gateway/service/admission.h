// Whether a request may come in now: drain, each key's rate, and what is in flight.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/gateway/service/rate_limit.h"
#include "temper/profile/profile.h"

namespace temper::gateway {

class Admission {
 public:
  explicit Admission(const profile::Limits& limits) : limits_(limits) {}

  /// Counts the request in, or refuses it. Errors: kUnavailable while draining is over,
  /// kResourceExhausted with a retry hint over a limit. Each admitted request must `leave` once.
  [[nodiscard]] Status enter(std::string_view caller, TimePoint now);
  void leave() { in_flight_.fetch_sub(1, std::memory_order_acq_rel); }

  [[nodiscard]] std::int64_t in_flight() const {
    return in_flight_.load(std::memory_order_acquire);
  }

  /// From now on the server says it is not ready; requests on open connections are still answered.
  void begin_drain() { draining_.store(true, std::memory_order_release); }
  [[nodiscard]] bool draining() const { return draining_.load(std::memory_order_acquire); }
  /// Nothing more is admitted.
  void close() { closed_.store(true, std::memory_order_release); }

 private:
  [[nodiscard]] Status take_token(std::string_view caller, TimePoint now);

  const profile::Limits limits_;
  // Atomic: touched by every request on every thread; the counts stand alone.
  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<bool> draining_{false};
  std::atomic<bool> closed_{false};

  std::mutex mutex_;
  // guarded by mutex_; one bucket a key of the profile, so the profile bounds it
  std::map<std::string, TokenBucket, std::less<>> buckets_;
};

}  // namespace temper::gateway
