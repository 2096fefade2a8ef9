#include "temper/record/stores/sqlite/sqlite_store.h"

#include <algorithm>

#include "temper/record/stores/sqlite/schema.h"

namespace temper::stores {
namespace {

using record::Access;
using record::Connection;
using record::Statement;

constexpr auto kPatience = std::chrono::seconds(5);
/// Rows that one transaction of the retention removes at most: inserts wait for no longer than
/// that.
constexpr std::int64_t kPortion = 2'000;

Status make_tables(Connection& connection, const std::filesystem::path& file) {
  return connection.write([&]() -> Status {
    TEMPER_TRY(const std::int64_t format, connection.query_integer("PRAGMA user_version"));
    if (format == kStoreFormat) return {};
    if (format == 0) return connection.execute(kStoreSchema);
    return fail(ErrorCode::kFailedPrecondition, "store '{}' has format {}, this program knows {}",
                file.string(), format, kStoreFormat);
  });
}

Status limit_size(Connection& connection, std::uint64_t max_bytes) {
  TEMPER_TRY(const std::int64_t page_size, connection.query_integer("PRAGMA page_size"));
  constexpr std::uint64_t kMostPages = 4'294'967'294;  // SQLite's own limit
  const std::uint64_t pages =
      std::min(max_bytes / static_cast<std::uint64_t>(page_size), kMostPages);
  return connection.execute(fmt::format("PRAGMA max_page_count={}", pages).c_str());
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file,
                                                       const StoreLimits& limits) {
  TEMPER_TRY_STATUS(limits.validate());
  TEMPER_TRY(Connection writer, Connection::open(file, Access::kReadWrite, kPatience));
  TEMPER_TRY_STATUS(make_tables(writer, file));
  TEMPER_TRY_STATUS(limit_size(writer, limits.max_bytes));
  TEMPER_TRY(Connection reader, Connection::open(file, Access::kReadOnly, kPatience));
  TEMPER_TRY(Inserts inserts, prepare(writer));
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(writer), std::move(reader), std::move(inserts)));
}

Result<SqliteStore::Inserts> SqliteStore::prepare(Connection& writer) {
  TEMPER_TRY(Statement prediction,
             writer.prepare("INSERT OR IGNORE INTO prediction(id, model, version, tenant,"
                            " event_time, arrival, rows, record) VALUES(?,?,?,?,?,?,?,?)"));
  TEMPER_TRY(Statement feedback,
             writer.prepare("INSERT OR IGNORE INTO feedback(prediction_id, row, label,"
                            " observed_at, source) VALUES(?1,?2,?3,?4,?5)"));
  // The same order as `wins_over`.
  TEMPER_TRY(Statement better_feedback,
             writer.prepare("UPDATE feedback SET label=?3, observed_at=?4, source=?5"
                            " WHERE prediction_id=?1 AND row=?2"
                            " AND (?4, ?3, ?5) > (observed_at, label, source)"));
  TEMPER_TRY(Statement drift_event,
             writer.prepare("INSERT OR IGNORE INTO drift_event(id, model, version, tenant,"
                            " event_time, detected_at, kind, evidence) VALUES(?,?,?,?,?,?,?,?)"));
  TEMPER_TRY(Statement audit,
             writer.prepare("INSERT OR IGNORE INTO audit(id, time, actor, action, object,"
                            " detail) VALUES(?,?,?,?,?,?)"));
  return Inserts{.prediction = std::move(prediction),
                 .feedback = std::move(feedback),
                 .better_feedback = std::move(better_feedback),
                 .drift_event = std::move(drift_event),
                 .audit = std::move(audit)};
}

template <typename Record, typename InsertOne>
Result<InsertResult> SqliteStore::insert_all(std::span<const Record> records,
                                             const InsertOne& insert_one) {
  TEMPER_TRY_STATUS(check_all(records));
  const std::scoped_lock lock(write_mutex_);
  InsertResult result;
  TEMPER_TRY_STATUS(writer_.write([&]() -> Status {
    for (const Record& record : records) {
      if (Status inserted = insert_one(record); !inserted) return inserted;
      ++(writer_.changes() > 0 ? result.stored : result.duplicates);
    }
    return {};
  }));
  return result;
}

Result<InsertResult> SqliteStore::insert_predictions(std::span<const PredictionRecord> records) {
  return insert_all(records, [&](const PredictionRecord& record) -> Status {
    TEMPER_TRY(const std::string bytes, record::encode(record));
    return inserts_.prediction.bind_text(1, record.prediction_id)
        .bind_text(2, record.model)
        .bind(3, record.version)
        .bind_text(4, record.tenant)
        .bind(5, record.event_time_ns)
        .bind(6, record.arrival_ns)
        .bind(7, record.rows)
        .bind_blob(8, bytes)
        .run();
  });
}

Result<FeedbackResult> SqliteStore::insert_feedback(std::span<const FeedbackRecord> records) {
  TEMPER_TRY_STATUS(check_all(records));
  const std::scoped_lock lock(write_mutex_);
  FeedbackResult result;
  const auto run = [](Statement& statement, const FeedbackRecord& record) {
    return statement.bind_text(1, record.prediction_id)
        .bind(2, record.row)
        .bind_text(3, record.label)
        .bind(4, record.observed_at_ns)
        .bind_text(5, record.source)
        .run();
  };
  TEMPER_TRY_STATUS(writer_.write([&]() -> Status {
    for (const FeedbackRecord& record : records) {
      if (Status inserted = run(inserts_.feedback, record); !inserted) return inserted;
      if (writer_.changes() > 0) {
        ++result.stored;
        continue;
      }
      if (Status bettered = run(inserts_.better_feedback, record); !bettered) return bettered;
      ++(writer_.changes() > 0 ? result.replaced : result.ignored);
    }
    return {};
  }));
  return result;
}

Result<InsertResult> SqliteStore::insert_drift_events(std::span<const DriftEventRecord> records) {
  return insert_all(records, [&](const DriftEventRecord& record) {
    return inserts_.drift_event.bind_text(1, record.event_id)
        .bind_text(2, record.model)
        .bind(3, record.version)
        .bind_text(4, record.tenant)
        .bind(5, record.event_time_ns)
        .bind(6, record.detected_at_ns)
        .bind_text(7, record.kind)
        .bind_text(8, record.evidence)
        .run();
  });
}

Result<InsertResult> SqliteStore::append_audit(std::span<const AuditRecord> records) {
  return insert_all(records, [&](const AuditRecord& record) {
    return inserts_.audit.bind_text(1, record.audit_id)
        .bind(2, record.time_ns)
        .bind_text(3, record.actor)
        .bind_text(4, record.action)
        .bind_text(5, record.object)
        .bind_text(6, record.detail)
        .run();
  });
}

Result<std::uint64_t> SqliteStore::remove(std::string_view sql, std::int64_t limit_ns) {
  TEMPER_TRY(Statement statement, writer_.prepare(sql));
  TEMPER_TRY_STATUS(statement.bind(1, limit_ns).bind(2, kPortion).run());
  return static_cast<std::uint64_t>(writer_.changes());
}

Result<bool> SqliteStore::remove_portion(std::int64_t limit_ns, RetentionResult& removed) {
  RetentionResult portion;
  const std::scoped_lock lock(write_mutex_);
  const Status done = writer_.write([&]() -> Status {
    // A prediction's labels go with it: the same rows are chosen twice.
    TEMPER_TRY(portion.feedback,
               remove("DELETE FROM feedback WHERE prediction_id IN (SELECT id FROM prediction"
                      " WHERE arrival < ?1 ORDER BY arrival, n LIMIT ?2)",
                      limit_ns));
    TEMPER_TRY(portion.predictions,
               remove("DELETE FROM prediction WHERE n IN (SELECT n FROM prediction"
                      " WHERE arrival < ?1 ORDER BY arrival, n LIMIT ?2)",
                      limit_ns));
    TEMPER_TRY(const std::uint64_t orphans,
               // The last condition is `could_still_come` (stores.h) in SQL.
               remove("DELETE FROM feedback WHERE (prediction_id, row) IN (SELECT prediction_id,"
                      " row FROM feedback AS f WHERE observed_at < ?1 AND NOT EXISTS"
                      " (SELECT 1 FROM prediction WHERE id = f.prediction_id)"
                      " AND (length(prediction_id) <> 36 OR substr(prediction_id, 15, 1) <> '7'"
                      " OR prediction_id <"
                      " printf('%08x-%04x', (?1 / 1000000) >> 16, (?1 / 1000000) & 65535))"
                      " LIMIT ?2)",
                      limit_ns));
    portion.feedback += orphans;
    TEMPER_TRY(portion.drift_events,
               remove("DELETE FROM drift_event WHERE id IN (SELECT id FROM drift_event"
                      " WHERE detected_at < ?1 LIMIT ?2)",
                      limit_ns));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  removed.predictions += portion.predictions;
  removed.feedback += portion.feedback;
  removed.drift_events += portion.drift_events;
  return portion != RetentionResult{};
}

Result<RetentionResult> SqliteStore::remove_before(WallTime limit) {
  RetentionResult removed;
  for (;;) {
    TEMPER_TRY(const bool may_have_more, remove_portion(limit.time_since_epoch().count(), removed));
    if (!may_have_more) return removed;
  }
}

}  // namespace temper::stores
