#include "temper/watch/drift/season.h"

#include <algorithm>

namespace temper::drift {

Season Season::of_period(std::int64_t period_ns) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  if (period_ns <= 0) return {};
  const auto slots = std::clamp<std::int64_t>(period_ns / kHour, 1, 168);
  return {.period_ns = period_ns, .slots = static_cast<std::size_t>(slots)};
}

}  // namespace temper::drift
