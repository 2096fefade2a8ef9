#include "temper/record/stores/store_writer.h"

#include <algorithm>

#include "temper/core/log.h"

namespace temper::stores {
namespace {

/// A batch by kind, so that each kind is one call.
struct Sorted {
  std::vector<PredictionRecord> predictions;
  std::vector<FeedbackRecord> feedback;
  std::vector<DriftEventRecord> drift_events;
  std::vector<AuditRecord> audit;

  void take(PredictionRecord&& record) { predictions.push_back(std::move(record)); }
  void take(FeedbackRecord&& record) { feedback.push_back(std::move(record)); }
  void take(DriftEventRecord&& record) { drift_events.push_back(std::move(record)); }
  void take(AuditRecord&& record) { audit.push_back(std::move(record)); }
};

template <typename Record>
void give_back(std::vector<Record>& from, std::vector<StoreRecord>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

Status StoreWriterConfig::validate() const {
  if (max_waiting == 0 || max_batch == 0) {
    return fail(ErrorCode::kInvalidArgument, "max_waiting and max_batch must be positive");
  }
  if (linger < Duration{0} || retry_after <= Duration{0} || max_retry_after < retry_after) {
    return fail(ErrorCode::kInvalidArgument,
                "linger must not be negative, and 0 < retry_after <= max_retry_after");
  }
  return {};
}

Result<std::unique_ptr<StoreWriter>> StoreWriter::create(PredictionStore& store,
                                                         const StoreWriterConfig& config) {
  TEMPER_TRY_STATUS(config.validate());
  std::unique_ptr<StoreWriter> writer(new StoreWriter(store, config));
  writer->thread_ =
      std::jthread([&self = *writer](const std::stop_token& stop) { self.run(stop); });
  return writer;
}

StoreWriter::~StoreWriter() {
  thread_.request_stop();
  thread_.join();
}

bool StoreWriter::submit(StoreRecord&& record) {
  {
    const std::scoped_lock lock(mutex_);
    if (queue_.size() + in_hand_ >= config_.max_waiting) {
      ++counts_.refused;
      return false;
    }
    queue_.push_back(std::move(record));
    ++submitted_;
  }
  work_.notify_one();
  return true;
}

Status StoreWriter::submit_waiting(StoreRecord record, const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    if (!progress_.wait(lock, stop,
                        [&] { return queue_.size() + in_hand_ < config_.max_waiting; })) {
      return fail(ErrorCode::kCancelled, "stopped while waiting for room before the store");
    }
    queue_.push_back(std::move(record));
    ++submitted_;
  }
  work_.notify_one();
  return {};
}

Status StoreWriter::flush(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = submitted_;
  const std::uint64_t failures = counts_.failures;
  ++flushing_;
  work_.notify_one();
  progress_.wait(lock, stop, [&] { return finished_ >= until || counts_.failures > failures; });
  --flushing_;
  if (finished_ >= until) return {};
  if (counts_.failures > failures) return last_write_;
  return fail(ErrorCode::kCancelled, "stopped while waiting for the store");
}

StoreWriterCounts StoreWriter::counts() const {
  const std::scoped_lock lock(mutex_);
  StoreWriterCounts counts = counts_;
  counts.waiting = queue_.size() + in_hand_;
  return counts;
}

/// False when it is time to end and nothing waits.
bool StoreWriter::next_batch(const std::stop_token& stop, std::vector<StoreRecord>& batch) {
  std::unique_lock lock(mutex_);
  work_.wait(lock, stop, [&] { return !queue_.empty(); });
  if (queue_.empty()) return false;
  work_.wait_for(lock, stop, config_.linger,
                 [&] { return flushing_ > 0 || queue_.size() >= config_.max_batch; });
  const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), config_.max_batch));
  batch.assign(std::make_move_iterator(queue_.begin()),
               std::make_move_iterator(queue_.begin() + count));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  in_hand_ = batch.size();
  return true;
}

/// On failure `batch` holds what is not written yet. Inserts are idempotent, so that a call that
/// was written without an answer does no harm when it is repeated.
Status StoreWriter::write(std::vector<StoreRecord>& batch) {
  Sorted sorted;
  std::uint64_t rejected = 0;
  for (StoreRecord& item : batch) {
    std::visit(
        [&](auto& record) {
          if (const Status good = check(record); !good) {
            ++rejected;
            log::warning("a record that no store can keep is left out",
                         {{"reason", good.error().message}});
            return;
          }
          sorted.take(std::move(record));
        },
        item);
  }
  batch.clear();
  Status outcome;
  const auto insert = [&](auto& records, const auto& into_store) {
    if (records.empty()) return;
    if (outcome) {
      const auto done = into_store();
      if (done) return;
      outcome = std::unexpected(done.error());
    }
    give_back(records, batch);
  };
  insert(sorted.predictions, [&] { return store_.insert_predictions(sorted.predictions); });
  insert(sorted.feedback, [&] { return store_.insert_feedback(sorted.feedback); });
  insert(sorted.drift_events, [&] { return store_.insert_drift_events(sorted.drift_events); });
  insert(sorted.audit, [&] { return store_.append_audit(sorted.audit); });
  const std::scoped_lock lock(mutex_);
  counts_.rejected += rejected;
  return outcome;
}

void StoreWriter::run(const std::stop_token& stop) {
  std::vector<StoreRecord> batch;
  Duration pause = config_.retry_after;
  while (!batch.empty() || next_batch(stop, batch)) {
    const std::size_t before = batch.size();
    const Status done = write(batch);
    {
      std::unique_lock lock(mutex_);
      const std::size_t finished = before - batch.size();
      finished_ += finished;
      counts_.written = finished_ - counts_.rejected;
      in_hand_ = batch.size();
      last_write_ = done;
      if (done) {
        pause = config_.retry_after;
      } else {
        ++counts_.failures;
        progress_.notify_all();
        if (stop.stop_requested()) break;
        work_.wait_for(lock, stop, pause, [] { return false; });
        pause = std::min(pause * 2, config_.max_retry_after);
      }
    }
    progress_.notify_all();
  }
  const std::scoped_lock lock(mutex_);
  const std::size_t lost = batch.size() + queue_.size();
  if (lost == 0) return;
  log::error("records are lost: the store does not take them before the end",
             {{"records", lost}, {"reason", last_write_ ? "" : last_write_.error().message}});
}

}  // namespace temper::stores
