// The worker's first duty: what travels on the streams ends up in the store, each record once.
//
// Three consumers of group "stores" (predictions, feedback, drift events) and one housekeeper that
// applies the retention. Reading order: stream_consumer.h, event_json.h, this file.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "temper/core/metrics.h"
#include "temper/record/stores/stores.h"
#include "temper/record/streams/streams.h"
#include "temper/record/worker/stream_consumer.h"

namespace temper::record {

struct WorkerConfig {
  /// First part of the streams' names.
  std::string prefix;
  /// Names this process in the groups.
  std::string consumer;
  bool sole_reader = false;
  Duration stream_retention = std::chrono::hours(24);
  Duration store_retention = std::chrono::hours(24 * 30);
  std::string metrics_prefix = "temper";
};

/// Called after feedback was stored, with what was stored; on the feedback consumer's thread.
using OnFeedback = std::function<void(std::span<const stores::FeedbackRecord>)>;

class StoreWorker {
 public:
  /// All that is passed must outlive it. Errors: as StreamStore::open.
  [[nodiscard]] static Result<std::unique_ptr<StoreWorker>> start(
      streams::StreamStore& streams, stores::PredictionStore& store, WorkerConfig config,
      OnFeedback on_feedback, metrics::Registry& metrics, const Clock& clock);
  ~StoreWorker();
  StoreWorker(const StoreWorker&) = delete;
  StoreWorker& operator=(const StoreWorker&) = delete;

  /// Entries dealt with by all consumers since the start.
  [[nodiscard]] std::uint64_t handled() const;

 private:
  StoreWorker(streams::StreamStore& streams, stores::PredictionStore& store, WorkerConfig config,
              metrics::Registry& metrics, const Clock& clock);
  [[nodiscard]] Status consume(std::string_view stream, HandleEntries handle);
  void keep_house(const std::stop_token& stop);

  streams::StreamStore& streams_;
  stores::PredictionStore& store_;
  const WorkerConfig config_;
  metrics::Registry& metrics_;
  const Clock& clock_;
  std::vector<streams::Stream*> read_;
  std::vector<std::unique_ptr<StreamConsumer>> consumers_;
  std::jthread housekeeper_;
};

}  // namespace temper::record
