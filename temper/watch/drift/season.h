// Like is compared with like: the slot of the season that a moment falls into.
#pragma once

#include <cstddef>
#include <cstdint>

namespace temper::drift {

/// A period cut into equal slots: 7 days in 168 slots are the hours of the week (UTC).
struct Season {
  /// Nanoseconds; 0 = no season, one slot.
  std::int64_t period_ns = 0;
  std::size_t slots = 1;

  /// 0 .. slots - 1, for moments before 1970 too.
  [[nodiscard]] std::size_t slot(std::int64_t time_ns) const {
    if (period_ns <= 0 || slots <= 1) return 0;
    const std::int64_t phase = ((time_ns % period_ns) + period_ns) % period_ns;
    const auto width = static_cast<std::uint64_t>(period_ns) / slots;
    const auto index = static_cast<std::size_t>(static_cast<std::uint64_t>(phase) / width);
    return index < slots ? index : slots - 1;
  }

  /// Hours as slots, at most 168 and at least one.
  [[nodiscard]] static Season of_period(std::int64_t period_ns);

  bool operator==(const Season&) const = default;
};

}  // namespace temper::drift
