#include "temper/gateway/service/admission.h"

namespace temper::gateway {
namespace {

std::unexpected<Error> over_limit(Duration wait, std::string message) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return std::unexpected(Error{.code = ErrorCode::kResourceExhausted,
                               .message = std::move(message),
                               .retry_after_ms = static_cast<int>(ms)});
}

}  // namespace

Status Admission::enter(std::string_view caller, TimePoint now) {
  if (closed_.load(std::memory_order_acquire)) {
    return fail(ErrorCode::kUnavailable, "the server is shutting down");
  }
  if (limits_.requests_per_second > 0) TEMPER_TRY_STATUS(take_token(caller, now));
  const std::int64_t before = in_flight_.fetch_add(1, std::memory_order_acq_rel);
  if (limits_.max_in_flight_requests > 0 && before >= limits_.max_in_flight_requests) {
    leave();
    return over_limit(std::chrono::milliseconds(10),
                      fmt::format("{} requests are in flight, the limit is {}", before,
                                  limits_.max_in_flight_requests));
  }
  return {};
}

Status Admission::take_token(std::string_view caller, TimePoint now) {
  Duration wait{0};
  {
    const std::scoped_lock lock(mutex_);
    auto found = buckets_.find(caller);
    if (found == buckets_.end()) {
      const double burst = limits_.burst > 0 ? static_cast<double>(limits_.burst)
                                             : std::max(1.0, limits_.requests_per_second);
      found =
          buckets_
              .emplace(std::string(caller), TokenBucket(limits_.requests_per_second, burst, now))
              .first;
    }
    wait = found->second.take(now);
  }
  if (wait > Duration::zero()) {
    return over_limit(wait, fmt::format("'{}' sent more than {} requests a second", caller,
                                        limits_.requests_per_second));
  }
  return {};
}

}  // namespace temper::gateway
