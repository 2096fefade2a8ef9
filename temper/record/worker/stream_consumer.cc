#include "temper/record/worker/stream_consumer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "temper/core/log.h"

namespace temper::record {
namespace {

constexpr Duration kReadWait = std::chrono::milliseconds(200);
constexpr Duration kShortestPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(5);

/// Sleeps, or until `stop`.
void pause(const std::stop_token& stop, Duration duration) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
}

bool passes(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted ||
         code == ErrorCode::kCancelled;
}

/// Repeats `attempt` with growing pauses while its error passes. The last error where `stop` came.
template <typename Attempt>
Status insist(const std::stop_token& stop, std::string_view what, Attempt attempt) {
  bool told = false;
  for (Duration wait = kShortestPause;; wait = std::min(2 * wait, kLongestPause)) {
    const Status done = attempt();
    if (done || !passes(done.error().code) || stop.stop_requested()) return done;
    if (!told) log::warning("stream work waits", {{"what", what}, {"error", done.error().message}});
    told = true;
    pause(stop, wait);
  }
}

}  // namespace

StreamConsumer::StreamConsumer(streams::Stream& stream, ConsumerConfig config, HandleEntries handle,
                               const Clock& clock)
    : stream_(stream),
      config_(std::move(config)),
      handle_(std::move(handle)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StreamConsumer::~StreamConsumer() {
  thread_.request_stop();
  thread_.join();
}

Status StreamConsumer::join_group(const std::stop_token& stop) {
  return insist(stop, "joining " + stream_.name(), [this] {
    return stream_.create_group(config_.group, streams::GroupStart::kFromBeginning);
  });
}

Result<std::vector<streams::Delivery>> StreamConsumer::next(const std::stop_token& stop) {
  const TimePoint now = clock_.now();
  if (now >= next_claim_) {
    const bool take_over = config_.sole_reader && !took_over_;
    TEMPER_TRY(std::vector<streams::Delivery> claimed,
               stream_.claim({.group = config_.group,
                              .consumer = config_.consumer,
                              .min_idle = take_over ? Duration{0} : config_.claim_after,
                              .max_entries = config_.max_entries}));
    if (!claimed.empty()) return claimed;
    took_over_ = true;
    next_claim_ = now + config_.claim_after / 2;
  }
  return stream_.read({.group = config_.group,
                       .consumer = config_.consumer,
                       .max_entries = config_.max_entries,
                       .wait = kReadWait,
                       .stop = stop});
}

void StreamConsumer::run(const std::stop_token& stop) {
  if (!join_group(stop)) return;
  std::vector<streams::Entry> entries;
  while (!stop.stop_requested()) {
    Result<std::vector<streams::Delivery>> deliveries = next(stop);
    if (!deliveries) {
      if (stop.stop_requested()) return;
      log::warning("stream not read",
                   {{"stream", stream_.name()}, {"error", deliveries.error().message}});
      pause(stop, kShortestPause * 10);
      // A store that was emptied has lost its groups too.
      if (deliveries.error().code == ErrorCode::kNotFound && !join_group(stop)) return;
      continue;
    }
    entries.clear();
    for (streams::Delivery& each : *deliveries) entries.push_back(std::move(each.entry));
    if (!entries.empty()) deal_with(entries, stop);
  }
}

void StreamConsumer::deal_with(std::span<const streams::Entry> entries,
                               const std::stop_token& stop) {
  const Status done = insist(stop, "handling " + stream_.name(), [&] { return handle_(entries); });
  if (!done && passes(done.error().code)) return;  // stopped: they stay pending
  if (!done && entries.size() > 1) {
    for (std::size_t k = 0; k < entries.size(); ++k) deal_with(entries.subspan(k, 1), stop);
    return;
  }
  if (!done) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    log::error("stream entry given up", {{"stream", stream_.name()},
                                         {"entry", entries[0].id.to_string()},
                                         {"error", done.error().message}});
  }
  if (acknowledge(entries, stop)) handled_.fetch_add(entries.size(), std::memory_order_relaxed);
}

Status StreamConsumer::acknowledge(std::span<const streams::Entry> entries,
                                   const std::stop_token& stop) {
  std::vector<streams::EntryId> ids;
  for (const streams::Entry& entry : entries) ids.push_back(entry.id);
  return insist(stop, "acknowledging " + stream_.name(), [&]() -> Status {
    TEMPER_TRY_STATUS(stream_.acknowledge(config_.group, ids));
    return {};
  });
}

}  // namespace temper::record
