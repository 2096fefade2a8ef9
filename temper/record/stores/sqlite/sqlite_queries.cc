// The embedded store's answers.
#include "temper/record/stores/sqlite/sqlite_store.h"

#include <algorithm>

namespace temper::stores {
namespace {

using record::Statement;

std::int64_t page(std::size_t max_rows) {
  return static_cast<std::int64_t>(std::min<std::size_t>(max_rows, INT64_MAX));
}

FeedbackRecord feedback_of(const Statement& row) {
  return {.prediction_id = row.text(0),
          .row = row.integer(1),
          .label = row.text(2),
          .observed_at_ns = row.integer(3),
          .source = row.text(4)};
}

}  // namespace

Result<std::vector<PredictionRecord>> SqliteStore::select(const PredictionQuery& query,
                                                          std::string_view condition) {
  const PredictionCursor after = query.after.value_or(PredictionCursor{});
  TEMPER_TRY(Statement statement,
             reader_.prepare(fmt::format(
                 "SELECT record FROM prediction AS p WHERE model = ?1 AND event_time >= ?2 AND"
                 " event_time < ?3 AND (event_time, id) > (?4, ?5) AND (?6 IS NULL OR version = ?6)"
                 " AND (?7 IS NULL OR tenant = ?7) {} ORDER BY event_time, id LIMIT ?8",
                 condition)));
  statement.bind_text(1, query.model)
      .bind(2, query.time.from_ns)
      .bind(3, query.time.to_ns)
      .bind(4, after.event_time_ns)
      .bind_text(5, after.prediction_id)
      .bind(8, page(query.max_rows));
  if (query.version) statement.bind(6, *query.version);
  if (query.tenant) statement.bind_text(7, *query.tenant);
  std::vector<PredictionRecord> found;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return found;
    TEMPER_TRY(PredictionRecord record, record::decode_prediction(statement.view(0)));
    found.push_back(std::move(record));
  }
}

Result<std::vector<FeedbackRecord>> SqliteStore::labels_of(std::string_view prediction_id,
                                                           std::int64_t rows) {
  TEMPER_TRY(Statement statement,
             reader_.prepare("SELECT prediction_id, row, label, observed_at, source FROM feedback"
                             " WHERE prediction_id = ?1 AND row < ?2 ORDER BY row"));
  statement.bind_text(1, prediction_id).bind(2, rows);
  std::vector<FeedbackRecord> found;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return found;
    found.push_back(feedback_of(statement));
  }
}

Result<std::optional<PredictionRecord>> SqliteStore::find_prediction(
    std::string_view prediction_id) {
  const std::scoped_lock lock(read_mutex_);
  TEMPER_TRY(Statement statement, reader_.prepare("SELECT record FROM prediction WHERE id = ?1"));
  TEMPER_TRY(const bool has_row, statement.bind_text(1, prediction_id).step());
  if (!has_row) return std::nullopt;
  TEMPER_TRY(PredictionRecord record, record::decode_prediction(statement.view(0)));
  return record;
}

Result<std::vector<FeedbackRecord>> SqliteStore::find_feedback(std::string_view prediction_id) {
  const std::scoped_lock lock(read_mutex_);
  return labels_of(prediction_id, INT64_MAX);
}

Result<std::vector<PredictionRecord>> SqliteStore::predictions(const PredictionQuery& query) {
  TEMPER_TRY_STATUS(check_page(query.max_rows));
  const std::scoped_lock lock(read_mutex_);
  return select(query, "");
}

Result<std::vector<LabelledPrediction>> SqliteStore::labelled(const PredictionQuery& query) {
  TEMPER_TRY_STATUS(check_page(query.max_rows));
  const std::scoped_lock lock(read_mutex_);
  TEMPER_TRY(std::vector<PredictionRecord> records,
             select(query,
                    "AND EXISTS (SELECT 1 FROM feedback WHERE prediction_id = p.id"
                    " AND row < p.rows)"));
  std::vector<LabelledPrediction> joined;
  for (PredictionRecord& record : records) {
    TEMPER_TRY(std::vector<FeedbackRecord> labels, labels_of(record.prediction_id, record.rows));
    joined.push_back({.prediction = std::move(record), .labels = std::move(labels)});
  }
  return joined;
}

Result<std::vector<DriftEventRecord>> SqliteStore::drift_events(std::string_view model,
                                                                const TimeRange& detected,
                                                                std::size_t max_rows) {
  TEMPER_TRY_STATUS(check_page(max_rows));
  const std::scoped_lock lock(read_mutex_);
  TEMPER_TRY(Statement row,
             reader_.prepare("SELECT id, model, version, tenant, event_time, detected_at, kind,"
                             " evidence FROM drift_event WHERE detected_at >= ?1 AND"
                             " detected_at < ?2 AND (?3 = '' OR model = ?3)"
                             " ORDER BY detected_at, id LIMIT ?4"));
  row.bind(1, detected.from_ns).bind(2, detected.to_ns).bind_text(3, model).bind(4, page(max_rows));
  std::vector<DriftEventRecord> found;
  for (;;) {
    TEMPER_TRY(const bool has_row, row.step());
    if (!has_row) return found;
    found.push_back({.event_id = row.text(0),
                     .model = row.text(1),
                     .version = row.integer(2),
                     .tenant = row.text(3),
                     .event_time_ns = row.integer(4),
                     .detected_at_ns = row.integer(5),
                     .kind = row.text(6),
                     .evidence = row.text(7)});
  }
}

Result<std::vector<AuditRecord>> SqliteStore::audit(const TimeRange& time, std::size_t max_rows) {
  TEMPER_TRY_STATUS(check_page(max_rows));
  const std::scoped_lock lock(read_mutex_);
  TEMPER_TRY(Statement row,
             reader_.prepare("SELECT id, time, actor, action, object, detail FROM audit"
                             " WHERE time >= ?1 AND time < ?2 ORDER BY time, id LIMIT ?3"));
  row.bind(1, time.from_ns).bind(2, time.to_ns).bind(3, page(max_rows));
  std::vector<AuditRecord> found;
  for (;;) {
    TEMPER_TRY(const bool has_row, row.step());
    if (!has_row) return found;
    found.push_back({.audit_id = row.text(0),
                     .time_ns = row.integer(1),
                     .actor = row.text(2),
                     .action = row.text(3),
                     .object = row.text(4),
                     .detail = row.text(5)});
  }
}

Result<StoreInfo> SqliteStore::info() {
  const std::scoped_lock lock(read_mutex_);
  const auto ask = [this](std::string_view sql) -> Result<std::uint64_t> {
    TEMPER_TRY(const std::int64_t value, reader_.query_integer(sql));
    return static_cast<std::uint64_t>(value);
  };
  StoreInfo info;
  TEMPER_TRY(info.predictions, ask("SELECT count(*) FROM prediction"));
  TEMPER_TRY(info.feedback, ask("SELECT count(*) FROM feedback"));
  TEMPER_TRY(info.drift_events, ask("SELECT count(*) FROM drift_event"));
  TEMPER_TRY(info.audit_rows, ask("SELECT count(*) FROM audit"));
  TEMPER_TRY(const std::uint64_t page_size, ask("PRAGMA page_size"));
  TEMPER_TRY(const std::uint64_t pages, ask("PRAGMA page_count"));
  TEMPER_TRY(const std::uint64_t unused, ask("PRAGMA freelist_count"));
  info.bytes = (pages - std::min(pages, unused)) * page_size;
  return info;
}

}  // namespace temper::stores
