// Stores: what was predicted, what it turned out to be, what drifted and who did what.
//
// The port and its promises; adapters are memory/ and sqlite/. Consumers read streams at least
// once, so that every insert is idempotent: a record that is stored already is counted, not stored
// again. Reading order: this file, store_writer.h (batched writes off the request path), one
// adapter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/record/evidence.h"

namespace temper::stores {

using record::PredictionRecord;

/// What one row of a prediction turned out to be.
struct FeedbackRecord {
  std::string prediction_id;
  /// 0...
  std::int64_t row = 0;
  /// As text; a number in its shortest decimal form.
  std::string label;
  /// Nanoseconds since the Unix epoch: when the label was observed. The latest one wins.
  std::int64_t observed_at_ns = 0;
  /// Who said so; may be empty.
  std::string source;
  bool operator==(const FeedbackRecord&) const = default;
};

struct DriftEventRecord {
  /// Unique; the second insert of one id changes nothing.
  std::string event_id;
  std::string model;
  std::int64_t version = 0;
  std::string tenant;
  /// Event time of the window that drifted, and the wall time of the verdict, in ns since the
  /// epoch.
  std::int64_t event_time_ns = 0;
  std::int64_t detected_at_ns = 0;
  /// "covariate", "label", "concept".
  std::string kind;
  /// JSON object.
  std::string evidence;
  bool operator==(const DriftEventRecord&) const = default;
};

struct AuditRecord {
  /// Unique; the second append of one id changes nothing.
  std::string audit_id;
  std::int64_t time_ns = 0;
  std::string actor;
  /// "model.alias", "alarm.judge", ...
  std::string action;
  std::string object;
  /// JSON object.
  std::string detail;
  bool operator==(const AuditRecord&) const = default;
};

/// A half-open range of nanoseconds since the epoch: [from_ns, to_ns).
struct TimeRange {
  std::int64_t from_ns = INT64_MIN;
  std::int64_t to_ns = INT64_MAX;
  [[nodiscard]] bool holds(std::int64_t time_ns) const {
    return time_ns >= from_ns && time_ns < to_ns;
  }
};

/// Where the next page of predictions goes on: after this one, in order of (event time, id).
struct PredictionCursor {
  std::int64_t event_time_ns = INT64_MIN;
  std::string prediction_id;
  bool operator==(const PredictionCursor&) const = default;
};

struct PredictionQuery {
  std::string model;
  /// Empty = all versions.
  std::optional<std::int64_t> version{};
  /// Empty = all tenants: for operators only.
  std::optional<std::string> tenant{};
  /// On event time.
  TimeRange time{};
  std::optional<PredictionCursor> after{};
  /// 1...
  std::size_t max_rows = 1000;
};

/// A prediction with the labels that its rows have got so far, ascending by row.
struct LabelledPrediction {
  PredictionRecord prediction;
  std::vector<FeedbackRecord> labels;
};

struct InsertResult {
  std::uint64_t stored = 0;
  /// Stored before.
  std::uint64_t duplicates = 0;
  bool operator==(const InsertResult&) const = default;
};

struct FeedbackResult {
  std::uint64_t stored = 0;
  /// Took the place of a label observed earlier.
  std::uint64_t replaced = 0;
  /// The same label again, or one observed no later than the one kept (the greater label text, then
  /// source, wins among equal times, so that the order of arrival never matters).
  std::uint64_t ignored = 0;
  bool operator==(const FeedbackResult&) const = default;
};

struct RetentionResult {
  std::uint64_t predictions = 0;
  std::uint64_t feedback = 0;
  std::uint64_t drift_events = 0;
  bool operator==(const RetentionResult&) const = default;
};

struct StoreInfo {
  std::uint64_t predictions = 0;
  std::uint64_t feedback = 0;
  std::uint64_t drift_events = 0;
  std::uint64_t audit_rows = 0;
  /// On the disk or in memory, as the limit counts it.
  std::uint64_t bytes = 0;
};

struct StoreLimits {
  /// An insert that would go beyond is refused whole, 1 MiB...
  std::uint64_t max_bytes = std::uint64_t{64} << 30;
  [[nodiscard]] Status validate() const;
};

/// Every member may be called from any thread. An insert is one transaction: all of its records are
/// durable when it returns, or none is stored.
///
/// Errors of all members: kResourceExhausted (the limit or the disk is full; nothing was stored,
/// and the same call works once there is room), kUnavailable (held or not reachable now: try
/// again), kInvalidArgument (an id or a name that is empty; max_rows 0), kInternal.
class PredictionStore {
 public:
  virtual ~PredictionStore() = default;

  /// The first record of an id stays, whatever comes later under that id.
  [[nodiscard]] virtual Result<InsertResult> insert_predictions(
      std::span<const PredictionRecord> records) = 0;
  /// Feedback is kept whether or not its prediction is there yet.
  [[nodiscard]] virtual Result<FeedbackResult> insert_feedback(
      std::span<const FeedbackRecord> records) = 0;
  [[nodiscard]] virtual Result<InsertResult> insert_drift_events(
      std::span<const DriftEventRecord> records) = 0;
  /// Audit rows are never changed, and no retention removes them.
  [[nodiscard]] virtual Result<InsertResult> append_audit(std::span<const AuditRecord> records) = 0;

  [[nodiscard]] virtual Result<std::optional<PredictionRecord>> find_prediction(
      std::string_view prediction_id) = 0;
  /// The labels kept for a prediction's rows, ascending by row.
  [[nodiscard]] virtual Result<std::vector<FeedbackRecord>> find_feedback(
      std::string_view prediction_id) = 0;
  /// Ascending by (event time, prediction id); go on with `after`.
  [[nodiscard]] virtual Result<std::vector<PredictionRecord>> predictions(
      const PredictionQuery& query) = 0;
  /// As `predictions`, those with at least one label only, joined on (prediction id, row).
  [[nodiscard]] virtual Result<std::vector<LabelledPrediction>> labelled(
      const PredictionQuery& query) = 0;
  /// Ascending by detection; empty `model` = all.
  [[nodiscard]] virtual Result<std::vector<DriftEventRecord>> drift_events(
      std::string_view model, const TimeRange& detected, std::size_t max_rows) = 0;
  /// Ascending by time.
  [[nodiscard]] virtual Result<std::vector<AuditRecord>> audit(const TimeRange& time,
                                                               std::size_t max_rows) = 0;

  /// Retention: removes predictions that arrived before `limit`, with their labels; feedback
  /// observed before it whose prediction is not there and could not still come; drift events
  /// detected before it.
  [[nodiscard]] virtual Result<RetentionResult> remove_before(WallTime limit) = 0;

  [[nodiscard]] virtual Result<StoreInfo> info() = 0;
};

[[nodiscard]] inline PredictionCursor cursor_after(const PredictionRecord& record) {
  return {.event_time_ns = record.event_time_ns, .prediction_id = record.prediction_id};
}

/// Where `later` takes the place of `kept`: observed later, or by the tie rule of FeedbackResult.
[[nodiscard]] bool wins_over(const FeedbackRecord& later, const FeedbackRecord& kept);

/// Whether a prediction of that id was answered at `limit` or later, so that it may be on its way:
/// a UUIDv7 says when it was made. (The label of a replayed event is observed long before.)
[[nodiscard]] bool could_still_come(std::string_view prediction_id, WallTime limit);

/// What every adapter refuses; errors: kInvalidArgument naming the field.
[[nodiscard]] Status check(const PredictionRecord& record);
[[nodiscard]] Status check(const FeedbackRecord& record);
[[nodiscard]] Status check(const DriftEventRecord& record);
[[nodiscard]] Status check(const AuditRecord& record);
template <typename Record>
[[nodiscard]] Status check_all(std::span<const Record> records) {
  for (const Record& record : records) TEMPER_TRY_STATUS(check(record));
  return {};
}
[[nodiscard]] Status check_page(std::size_t max_rows);

}  // namespace temper::stores
