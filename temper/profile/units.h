// Quantities as people write them in a profile or on a command line: "5ms",
// "512MiB", "99.9%".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::profile {

/// A whole number and a unit, no space: ns, us, ms, s, m, h, d ("5ms", "7d"). A
/// plain "0" is zero. Errors: kInvalidArgument on anything else, or beyond 292
/// years (the range of Duration).
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
/// The shortest form that parses back: "1500ms", "7d", "0".
[[nodiscard]] std::string duration_text(Duration duration);

/// A whole number and a unit, no space: B, KB, MB, GB, TB (powers of 1000) or
/// KiB, MiB, GiB, TiB (powers of 1024). A plain "0" is zero. Errors:
/// kInvalidArgument; also beyond 2^63 - 1.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// The shortest binary form that parses back: "64MiB", "1500B", "0".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "99.9%" as 0.999. Errors: kInvalidArgument unless a number in [0, 100] and a
/// percent sign.
[[nodiscard]] Result<double> parse_percentage(std::string_view text);

}  // namespace temper::profile
