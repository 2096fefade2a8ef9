// A store in this process's memory: the demo's, the tests' and the simulator's.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "temper/record/stores/stores.h"

namespace temper::stores {

/// Everything is lost with the object.
class MemoryStore final : public PredictionStore {
 public:
  /// Errors: kInvalidArgument for impossible limits.
  static Result<std::unique_ptr<MemoryStore>> create(const StoreLimits& limits);

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
  using Labels = std::map<std::int64_t, FeedbackRecord>;
  /// Rows in order of (their time, id), and the ids they have.
  template <typename Record>
  struct Table {
    std::map<std::pair<std::int64_t, std::string>, Record> rows;
    std::set<std::string, std::less<>> ids;
  };

  explicit MemoryStore(const StoreLimits& limits) : limits_(limits) {}
  template <typename Record, typename Key>
  Result<InsertResult> insert(Table<Record>& table, std::span<const Record> records,
                              const Key& key_of);
  [[nodiscard]] Status check_room(std::uint64_t more) const;
  [[nodiscard]] const Labels* labels_of(std::string_view prediction_id) const;
  template <typename Visit>
  void visit(const PredictionQuery& query, const Visit& visit_row) const;

  const StoreLimits limits_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  Table<PredictionRecord> predictions_;
  std::map<std::string, std::int64_t, std::less<>> event_times_;
  std::map<std::string, Labels, std::less<>> feedback_;
  Table<DriftEventRecord> drift_events_;
  Table<AuditRecord> audit_;
  std::uint64_t bytes_ = 0;
};

}  // namespace temper::stores
