// Writes to a store off the request path: a bounded queue, one thread, one transaction a batch.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

#include "temper/core/result.h"
#include "temper/record/stores/stores.h"

namespace temper::stores {

using StoreRecord = std::variant<PredictionRecord, FeedbackRecord, DriftEventRecord, AuditRecord>;

struct StoreWriterConfig {
  /// Records that may wait, 1...; beyond, `submit` refuses and `submit_waiting` waits.
  std::size_t max_waiting = 10'000;
  /// Records of one transaction at most, 1...
  std::size_t max_batch = 1'000;
  /// How long a record waits for others at most.
  Duration linger = std::chrono::milliseconds(20);
  /// Pause after a failed write; doubled up to `max_retry_after`.
  Duration retry_after = std::chrono::milliseconds(50);
  Duration max_retry_after = std::chrono::seconds(5);

  [[nodiscard]] Status validate() const;
};

struct StoreWriterCounts {
  /// Written, or found stored before.
  std::uint64_t written = 0;
  /// Not taken by `submit`, since the queue was full.
  std::uint64_t refused = 0;
  /// Taken, but impossible for the store (no id); each is logged.
  std::uint64_t rejected = 0;
  /// Writes that failed and were tried again.
  std::uint64_t failures = 0;
  std::size_t waiting = 0;
};

/// While the store is full or away, records wait and the queue fills; none is dropped but by
/// `submit` saying so. Every member may be called from any thread.
class StoreWriter {
 public:
  /// `store` must outlive the writer. Errors: kInvalidArgument.
  static Result<std::unique_ptr<StoreWriter>> create(PredictionStore& store,
                                                     const StoreWriterConfig& config);
  /// Writes what waits; where the store refuses, says in the log how much is lost.
  ~StoreWriter();
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  /// False when the queue is full; the record is counted as refused and untouched.
  [[nodiscard]] bool submit(StoreRecord&& record);
  /// Waits for room. Errors: kCancelled.
  [[nodiscard]] Status submit_waiting(StoreRecord record, const std::stop_token& stop);
  /// Returns once all that was submitted before is written.
  /// Errors: kCancelled; the store's, when a write fails meanwhile (the records still wait).
  [[nodiscard]] Status flush(const std::stop_token& stop);
  [[nodiscard]] StoreWriterCounts counts() const;

 private:
  StoreWriter(PredictionStore& store, const StoreWriterConfig& config)
      : store_(store), config_(config) {}
  void run(const std::stop_token& stop);
  [[nodiscard]] bool next_batch(const std::stop_token& stop, std::vector<StoreRecord>& batch);
  [[nodiscard]] Status write(std::vector<StoreRecord>& batch);

  PredictionStore& store_;
  const StoreWriterConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any progress_;
  // guarded by mutex_
  std::vector<StoreRecord> queue_;
  /// Of the batch that is being written.
  std::size_t in_hand_ = 0;
  int flushing_ = 0;
  std::uint64_t submitted_ = 0;
  std::uint64_t finished_ = 0;
  Status last_write_{};
  StoreWriterCounts counts_;

  // Last, so that it ends first.
  std::jthread thread_;
};

}  // namespace temper::stores
