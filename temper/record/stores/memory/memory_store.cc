#include "temper/record/stores/memory/memory_store.h"

#include <iterator>

namespace temper::stores {
namespace {

std::uint64_t size_of(const std::vector<record::RecordedTensor>& tensors) {
  std::uint64_t bytes = 0;
  for (const record::RecordedTensor& tensor : tensors) {
    bytes += sizeof tensor + tensor.name.size() + tensor.datatype.size() + tensor.bytes.size() +
             tensor.shape.size() * sizeof(std::int64_t);
  }
  return bytes;
}

std::uint64_t size_of(const PredictionRecord& record) {
  return sizeof record + record.prediction_id.size() + record.model.size() + record.tenant.size() +
         record.unit_id.size() + record.served_by.size() + size_of(record.inputs) +
         size_of(record.outputs);
}

std::uint64_t size_of(const FeedbackRecord& record) {
  return sizeof record + record.prediction_id.size() + record.label.size() + record.source.size();
}

std::uint64_t size_of(const DriftEventRecord& record) {
  return sizeof record + record.event_id.size() + record.model.size() + record.tenant.size() +
         record.kind.size() + record.evidence.size();
}

std::uint64_t size_of(const AuditRecord& record) {
  return sizeof record + record.audit_id.size() + record.actor.size() + record.action.size() +
         record.object.size() + record.detail.size();
}

template <typename Record>
std::uint64_t size_of_all(std::span<const Record> records) {
  std::uint64_t bytes = 0;
  for (const Record& record : records) bytes += size_of(record);
  return bytes;
}

bool asks_for(const PredictionQuery& query, const PredictionRecord& record) {
  return record.model == query.model && query.time.holds(record.event_time_ns) &&
         (!query.version || record.version == *query.version) &&
         (!query.tenant || record.tenant == *query.tenant);
}

}  // namespace

Result<std::unique_ptr<MemoryStore>> MemoryStore::create(const StoreLimits& limits) {
  TEMPER_TRY_STATUS(limits.validate());
  return std::unique_ptr<MemoryStore>(new MemoryStore(limits));
}

Status MemoryStore::check_room(std::uint64_t more) const {
  if (bytes_ + more <= limits_.max_bytes) return {};
  return fail(ErrorCode::kResourceExhausted, "the store is full: {} of {} bytes, {} more asked for",
              bytes_, limits_.max_bytes, more);
}

template <typename Record, typename Key>
Result<InsertResult> MemoryStore::insert(Table<Record>& table, std::span<const Record> records,
                                         const Key& key_of) {
  TEMPER_TRY_STATUS(check_all(records));
  // Counts repeated records too: a bound that errs on the safe side.
  TEMPER_TRY_STATUS(check_room(size_of_all(records)));
  InsertResult result;
  for (const Record& record : records) {
    const std::pair<std::int64_t, std::string> key = key_of(record);
    if (!table.ids.insert(key.second).second) {
      ++result.duplicates;
      continue;
    }
    table.rows.emplace(key, record);
    bytes_ += size_of(record);
    ++result.stored;
  }
  return result;
}

Result<InsertResult> MemoryStore::insert_predictions(std::span<const PredictionRecord> records) {
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY(const InsertResult result, insert(predictions_, records, [](const auto& record) {
               return std::pair(record.event_time_ns, record.prediction_id);
             }));
  for (const PredictionRecord& record : records) {
    event_times_.try_emplace(record.prediction_id, record.event_time_ns);
  }
  return result;
}

Result<InsertResult> MemoryStore::insert_drift_events(std::span<const DriftEventRecord> records) {
  const std::scoped_lock lock(mutex_);
  return insert(drift_events_, records, [](const auto& record) {
    return std::pair(record.detected_at_ns, record.event_id);
  });
}

Result<InsertResult> MemoryStore::append_audit(std::span<const AuditRecord> records) {
  const std::scoped_lock lock(mutex_);
  return insert(audit_, records,
                [](const auto& record) { return std::pair(record.time_ns, record.audit_id); });
}

Result<FeedbackResult> MemoryStore::insert_feedback(std::span<const FeedbackRecord> records) {
  TEMPER_TRY_STATUS(check_all(records));
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY_STATUS(check_room(size_of_all(records)));
  FeedbackResult result;
  for (const FeedbackRecord& record : records) {
    const auto [at, is_first] = feedback_[record.prediction_id].try_emplace(record.row, record);
    if (is_first) {
      bytes_ += size_of(record);
      ++result.stored;
    } else if (wins_over(record, at->second)) {
      bytes_ += size_of(record) - size_of(at->second);
      at->second = record;
      ++result.replaced;
    } else {
      ++result.ignored;
    }
  }
  return result;
}

const MemoryStore::Labels* MemoryStore::labels_of(std::string_view prediction_id) const {
  const auto found = feedback_.find(prediction_id);
  return found == feedback_.end() ? nullptr : &found->second;
}

Result<std::optional<PredictionRecord>> MemoryStore::find_prediction(
    std::string_view prediction_id) {
  const std::scoped_lock lock(mutex_);
  const auto time = event_times_.find(prediction_id);
  if (time == event_times_.end()) return std::nullopt;
  return predictions_.rows.at({time->second, std::string(prediction_id)});
}

Result<std::vector<FeedbackRecord>> MemoryStore::find_feedback(std::string_view prediction_id) {
  const std::scoped_lock lock(mutex_);
  std::vector<FeedbackRecord> found;
  if (const Labels* labels = labels_of(prediction_id)) {
    for (const auto& [row, label] : *labels) found.push_back(label);
  }
  return found;
}

/// Calls `visit_row(record)` for what the query asks for, until it says that it has enough.
template <typename Visit>
void MemoryStore::visit(const PredictionQuery& query, const Visit& visit_row) const {
  auto at = predictions_.rows.lower_bound({query.time.from_ns, std::string()});
  if (query.after && query.after->event_time_ns >= query.time.from_ns) {
    at = predictions_.rows.upper_bound({query.after->event_time_ns, query.after->prediction_id});
  }
  for (; at != predictions_.rows.end() && at->first.first < query.time.to_ns; ++at) {
    if (asks_for(query, at->second) && !visit_row(at->second)) return;
  }
}

Result<std::vector<PredictionRecord>> MemoryStore::predictions(const PredictionQuery& query) {
  TEMPER_TRY_STATUS(check_page(query.max_rows));
  const std::scoped_lock lock(mutex_);
  std::vector<PredictionRecord> found;
  visit(query, [&](const PredictionRecord& record) {
    found.push_back(record);
    return found.size() < query.max_rows;
  });
  return found;
}

Result<std::vector<LabelledPrediction>> MemoryStore::labelled(const PredictionQuery& query) {
  TEMPER_TRY_STATUS(check_page(query.max_rows));
  const std::scoped_lock lock(mutex_);
  std::vector<LabelledPrediction> found;
  visit(query, [&](const PredictionRecord& record) {
    const Labels* labels = labels_of(record.prediction_id);
    if (labels == nullptr) return true;
    LabelledPrediction joined{.prediction = record, .labels = {}};
    for (const auto& [row, label] : *labels) {
      if (row < record.rows) joined.labels.push_back(label);
    }
    if (!joined.labels.empty()) found.push_back(std::move(joined));
    return found.size() < query.max_rows;
  });
  return found;
}

Result<std::vector<DriftEventRecord>> MemoryStore::drift_events(std::string_view model,
                                                                const TimeRange& detected,
                                                                std::size_t max_rows) {
  TEMPER_TRY_STATUS(check_page(max_rows));
  const std::scoped_lock lock(mutex_);
  std::vector<DriftEventRecord> found;
  for (const auto& [key, event] : drift_events_.rows) {
    if (found.size() >= max_rows) break;
    if (detected.holds(key.first) && (model.empty() || event.model == model)) {
      found.push_back(event);
    }
  }
  return found;
}

Result<std::vector<AuditRecord>> MemoryStore::audit(const TimeRange& time, std::size_t max_rows) {
  TEMPER_TRY_STATUS(check_page(max_rows));
  const std::scoped_lock lock(mutex_);
  std::vector<AuditRecord> found;
  for (const auto& [key, row] : audit_.rows) {
    if (found.size() >= max_rows) break;
    if (time.holds(key.first)) found.push_back(row);
  }
  return found;
}

Result<RetentionResult> MemoryStore::remove_before(WallTime limit) {
  const std::int64_t limit_ns = limit.time_since_epoch().count();
  const std::scoped_lock lock(mutex_);
  RetentionResult result;
  const auto remove_labels = [&](auto labels) {
    for (const auto& [row, label] : labels->second) bytes_ -= size_of(label);
    result.feedback += labels->second.size();
    return feedback_.erase(labels);
  };
  for (auto at = predictions_.rows.begin(); at != predictions_.rows.end();) {
    const PredictionRecord& record = at->second;
    if (record.arrival_ns >= limit_ns) {
      ++at;
      continue;
    }
    if (const auto labels = feedback_.find(record.prediction_id); labels != feedback_.end()) {
      remove_labels(labels);
    }
    bytes_ -= size_of(record);
    event_times_.erase(record.prediction_id);
    predictions_.ids.erase(record.prediction_id);
    at = predictions_.rows.erase(at);
    ++result.predictions;
  }
  for (auto labels = feedback_.begin(); labels != feedback_.end();) {
    if (predictions_.ids.contains(labels->first) || could_still_come(labels->first, limit)) {
      ++labels;
      continue;
    }
    result.feedback += std::erase_if(labels->second, [&](const auto& item) {
      const bool old = item.second.observed_at_ns < limit_ns;
      if (old) bytes_ -= size_of(item.second);
      return old;
    });
    labels = labels->second.empty() ? feedback_.erase(labels) : std::next(labels);
  }
  while (!drift_events_.rows.empty() && drift_events_.rows.begin()->first.first < limit_ns) {
    bytes_ -= size_of(drift_events_.rows.begin()->second);
    drift_events_.ids.erase(drift_events_.rows.begin()->first.second);
    drift_events_.rows.erase(drift_events_.rows.begin());
    ++result.drift_events;
  }
  return result;
}

Result<StoreInfo> MemoryStore::info() {
  const std::scoped_lock lock(mutex_);
  StoreInfo info{.predictions = predictions_.rows.size(),
                 .feedback = 0,
                 .drift_events = drift_events_.rows.size(),
                 .audit_rows = audit_.rows.size(),
                 .bytes = bytes_};
  for (const auto& [id, labels] : feedback_) info.feedback += labels.size();
  return info;
}

}  // namespace temper::stores
