#include "temper/record/worker/store_worker.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "temper/core/log.h"
#include "temper/record/evidence.h"
#include "temper/record/worker/event_json.h"

namespace temper::record {
namespace {

constexpr std::string_view kGroup = "stores";
constexpr Duration kHousekeeping = std::chrono::seconds(60);

}  // namespace

StoreWorker::StoreWorker(streams::StreamStore& streams, stores::PredictionStore& store,
                         WorkerConfig config, metrics::Registry& metrics, const Clock& clock)
    : streams_(streams),
      store_(store),
      config_(std::move(config)),
      metrics_(metrics),
      clock_(clock) {}

StoreWorker::~StoreWorker() = default;

Result<std::unique_ptr<StoreWorker>> StoreWorker::start(streams::StreamStore& streams,
                                                        stores::PredictionStore& store,
                                                        WorkerConfig config, OnFeedback on_feedback,
                                                        metrics::Registry& metrics,
                                                        const Clock& clock) {
  std::unique_ptr<StoreWorker> worker(
      new StoreWorker(streams, store, std::move(config), metrics, clock));
  const auto stored = [&metrics, prefix = worker->config_.metrics_prefix](
                          std::string_view kind) -> metrics::Counter& {
    return metrics.counter(prefix + "_stored_total",
                           "Records taken from the streams into the store.",
                           {{"kind", std::string(kind)}});
  };
  TEMPER_TRY_STATUS(worker->consume(
      streams::kPredictions,
      [&store, &count = stored("prediction")](std::span<const streams::Entry> entries) -> Status {
        std::vector<PredictionRecord> records;
        records.reserve(entries.size());
        for (const streams::Entry& entry : entries) {
          TEMPER_TRY(PredictionRecord record, decode_prediction(entry.bytes));
          records.push_back(std::move(record));
        }
        TEMPER_TRY(const stores::InsertResult inserted, store.insert_predictions(records));
        count.add(inserted.stored);
        return {};
      }));
  TEMPER_TRY_STATUS(worker->consume(
      kFeedbackStream,
      [&store, &count = stored("feedback"),
       on_feedback = std::move(on_feedback)](std::span<const streams::Entry> entries) -> Status {
        std::vector<stores::FeedbackRecord> records;
        for (const streams::Entry& entry : entries) {
          TEMPER_TRY(const std::vector<stores::FeedbackRecord> some, parse_feedback(entry.bytes));
          records.insert(records.end(), some.begin(), some.end());
        }
        TEMPER_TRY(const stores::FeedbackResult inserted, store.insert_feedback(records));
        count.add(inserted.stored + inserted.replaced);
        if (on_feedback) on_feedback(records);
        return {};
      }));
  TEMPER_TRY_STATUS(worker->consume(
      streams::kDriftEvents,
      [&store, &count = stored("drift_event")](std::span<const streams::Entry> entries) -> Status {
        std::vector<stores::DriftEventRecord> records;
        for (const streams::Entry& entry : entries) {
          TEMPER_TRY(stores::DriftEventRecord record, parse_drift_event(entry.bytes));
          records.push_back(std::move(record));
        }
        TEMPER_TRY(const stores::InsertResult inserted, store.insert_drift_events(records));
        count.add(inserted.stored);
        return {};
      }));
  worker->housekeeper_ =
      std::jthread([self = worker.get()](const std::stop_token& stop) { self->keep_house(stop); });
  return worker;
}

Status StoreWorker::consume(std::string_view stream, HandleEntries handle) {
  TEMPER_TRY(streams::Stream* const opened, streams_.open(config_.prefix + std::string(stream)));
  read_.push_back(opened);
  consumers_.push_back(
      std::make_unique<StreamConsumer>(*opened,
                                       ConsumerConfig{.group = std::string(kGroup),
                                                      .consumer = config_.consumer,
                                                      .sole_reader = config_.sole_reader},
                                       std::move(handle), clock_));
  return {};
}

std::uint64_t StoreWorker::handled() const {
  std::uint64_t sum = 0;
  for (const auto& consumer : consumers_) sum += consumer->handled();
  return sum;
}

void StoreWorker::keep_house(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    const WallTime now = clock_.wall_now();
    for (streams::Stream* stream : read_) {
      const auto trimmed = stream->trim_before(now - config_.stream_retention);
      if (!trimmed) {
        log::warning("stream not trimmed",
                     {{"stream", stream->name()}, {"error", trimmed.error().message}});
      }
    }
    if (const auto removed = store_.remove_before(now - config_.store_retention); !removed) {
      log::warning("retention not applied", {{"error", removed.error().message}});
    }
    if (const auto info = store_.info()) {
      metrics_.gauge(config_.metrics_prefix + "_store_bytes", "Size of the store.")
          .set(static_cast<double>(info->bytes));
    }
    wake.wait_for(lock, stop, kHousekeeping, [] { return false; });
  }
}

}  // namespace temper::record
