// The body of POST /v1/feedback: what predictions turned out to be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/ids.h"
#include "temper/core/result.h"

namespace temper::gateway {

struct Feedback {
  Uuid prediction_id;
  std::int64_t row = 0;
  /// A number in its shortest form; true and false as "true" and "false".
  std::string label;
  WallTime observed_at;
};

/// Entries of one body.
inline constexpr std::size_t kMaxFeedback = 10'000;

/// Reads a list of {"prediction_id": ID or "ID/ROW", "row": N, "label": text, number or boolean,
/// "observed_at": nanoseconds since 1970 or an RFC 3339 time}; a single object is a list of one.
/// Without `observed_at` it is `now`; without `row` it is 0. Errors: kInvalidArgument naming the
/// entry and what was expected; then nothing of the body counts.
[[nodiscard]] Result<std::vector<Feedback>> decode_feedback(std::string_view body, WallTime now);

/// "2013-02-01T05:30:00Z", "...00.25+02:00". Empty where the text is none, or its date is not in
/// the calendar.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace temper::gateway
