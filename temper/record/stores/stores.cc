#include "temper/record/stores/stores.h"

#include <tuple>

#include "temper/core/ids.h"

namespace temper::stores {
namespace {

constexpr std::size_t kMaxIdBytes = 256;

Status check_id(std::string_view what, std::string_view id) {
  if (!id.empty() && id.size() <= kMaxIdBytes) return {};
  return fail(ErrorCode::kInvalidArgument, "{} has {} bytes, expected 1..{}", what, id.size(),
              kMaxIdBytes);
}

}  // namespace

Status StoreLimits::validate() const {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20;
  if (max_bytes >= kLeast) return {};
  return fail(ErrorCode::kInvalidArgument, "max_bytes must be at least {}, not {}", kLeast,
              max_bytes);
}

bool wins_over(const FeedbackRecord& later, const FeedbackRecord& kept) {
  return std::tie(later.observed_at_ns, later.label, later.source) >
         std::tie(kept.observed_at_ns, kept.label, kept.source);
}

bool could_still_come(std::string_view prediction_id, WallTime limit) {
  const auto id = Uuid::parse(prediction_id);
  if (!id || (id->bytes[6] >> 4U) != 7) return false;
  std::int64_t made_ms = 0;
  for (std::size_t k = 0; k < 6; ++k) made_ms = (made_ms << 8) | id->bytes[k];
  return made_ms >= limit.time_since_epoch().count() / 1'000'000;
}

Status check(const PredictionRecord& record) {
  TEMPER_TRY_STATUS(check_id("prediction_id", record.prediction_id));
  return check_id("model", record.model);
}

Status check(const FeedbackRecord& record) {
  TEMPER_TRY_STATUS(check_id("prediction_id", record.prediction_id));
  if (record.row >= 0) return {};
  return fail(ErrorCode::kInvalidArgument, "row is {}, expected 0 or more", record.row);
}

Status check(const DriftEventRecord& record) {
  TEMPER_TRY_STATUS(check_id("event_id", record.event_id));
  return check_id("model", record.model);
}

Status check(const AuditRecord& record) {
  TEMPER_TRY_STATUS(check_id("audit_id", record.audit_id));
  TEMPER_TRY_STATUS(check_id("actor", record.actor));
  return check_id("action", record.action);
}

Status check_page(std::size_t max_rows) {
  if (max_rows > 0) return {};
  return fail(ErrorCode::kInvalidArgument, "max_rows must be positive");
}

}  // namespace temper::stores
