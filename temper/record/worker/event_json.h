// Feedback and drift events as the streams carry them: JSON, since other programs read them too.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/record/stores/stores.h"

namespace temper::record {

inline constexpr std::string_view kFeedbackStream = "FEEDBACK";

/// One entry of stream FEEDBACK: an array of
/// {"prediction_id","row","label","observed_at_ns","source"}.
[[nodiscard]] std::string feedback_json(std::span<const stores::FeedbackRecord> records);
/// Errors: kInvalidArgument.
[[nodiscard]] Result<std::vector<stores::FeedbackRecord>> parse_feedback(std::string_view text);

/// One entry of stream DRIFT_EVENTS: an object with the record's members, `evidence` as an object.
[[nodiscard]] std::string drift_event_json(const stores::DriftEventRecord& record);
/// Errors: kInvalidArgument.
[[nodiscard]] Result<stores::DriftEventRecord> parse_drift_event(std::string_view text);

}  // namespace temper::record
