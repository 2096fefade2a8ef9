// The embedded store: one SQLite file in WAL mode.
//
// A prediction is one row: what queries ask for as columns, the rest as its evidence bytes. One
// connection writes, another answers, so that a long look does not hold up the writer; other
// processes may open the same file. Reading order: this file, schema.h, sqlite_store.cc (inserts
// and retention), sqlite_queries.cc.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/record/sqlite/connection.h"
#include "temper/record/stores/stores.h"

namespace temper::stores {

class SqliteStore final : public PredictionStore {
 public:
  /// Makes the file where there is none. `limits.max_bytes` bounds the main file; its log comes on
  /// top, with a few MiB, or the size of the largest batch.
  /// Errors: kInvalidArgument; kFailedPrecondition for a file of a later format; as Connection's.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file,
                                                   const StoreLimits& limits);

  Result<InsertResult> insert_predictions(std::span<const PredictionRecord> records) override;
  Result<FeedbackResult> insert_feedback(std::span<const FeedbackRecord> records) override;
  Result<InsertResult> insert_drift_events(std::span<const DriftEventRecord> records) override;
  Result<InsertResult> append_audit(std::span<const AuditRecord> records) override;
  Result<std::optional<PredictionRecord>> find_prediction(std::string_view prediction_id) override;
  Result<std::vector<FeedbackRecord>> find_feedback(std::string_view prediction_id) override;
  Result<std::vector<PredictionRecord>> predictions(const PredictionQuery& query) override;
  Result<std::vector<LabelledPrediction>> labelled(const PredictionQuery& query) override;
  Result<std::vector<DriftEventRecord>> drift_events(std::string_view model,
                                                     const TimeRange& detected,
                                                     std::size_t max_rows) override;
  Result<std::vector<AuditRecord>> audit(const TimeRange& time, std::size_t max_rows) override;
  Result<RetentionResult> remove_before(WallTime limit) override;
  Result<StoreInfo> info() override;

 private:
  struct Inserts {
    record::Statement prediction;
    record::Statement feedback;
    record::Statement better_feedback;
    record::Statement drift_event;
    record::Statement audit;
  };

  SqliteStore(record::Connection writer, record::Connection reader, Inserts inserts)
      : writer_(std::move(writer)), inserts_(std::move(inserts)), reader_(std::move(reader)) {}
  static Result<Inserts> prepare(record::Connection& writer);

  /// One transaction; `insert_one` binds and runs a record's statement.
  template <typename Record, typename InsertOne>
  Result<InsertResult> insert_all(std::span<const Record> records, const InsertOne& insert_one);
  /// Removes a portion of what is old; true while there may be more.
  [[nodiscard]] Result<bool> remove_portion(std::int64_t limit_ns, RetentionResult& removed);
  /// Runs a statement whose only parameters are the limit and the size of a portion.
  [[nodiscard]] Result<std::uint64_t> remove(std::string_view sql, std::int64_t limit_ns);

  [[nodiscard]] Result<std::vector<PredictionRecord>> select(const PredictionQuery& query,
                                                             std::string_view condition);
  [[nodiscard]] Result<std::vector<FeedbackRecord>> labels_of(std::string_view prediction_id,
                                                              std::int64_t rows);

  std::mutex write_mutex_;
  // guarded by write_mutex_; the statements end before their connection
  record::Connection writer_;
  Inserts inserts_;

  std::mutex read_mutex_;
  // guarded by read_mutex_
  record::Connection reader_;
};

}  // namespace temper::stores
