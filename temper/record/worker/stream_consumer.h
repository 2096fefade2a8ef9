// Reads one stream as a member of a consumer group and hands what comes to a handler, at least
// once: an entry is acknowledged only when the handler has dealt with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/record/streams/streams.h"

namespace temper::record {

struct ConsumerConfig {
  std::string group;
  /// Of this process; entries that another of the same group was given and did not acknowledge for
  /// `claim_after` become ours.
  std::string consumer;
  std::size_t max_entries = 500;
  Duration claim_after = std::chrono::seconds(30);
  /// Take over at once, at the start, what an earlier life of this program left: only where no
  /// other process reads the stream.
  bool sole_reader = false;
};

/// Deals with entries, in order. kUnavailable and kResourceExhausted mean "not now": the same
/// entries come again. Any other error of a single entry is final: it is logged, counted and
/// acknowledged, for it would fail for ever; of several entries, they come again one by one.
using HandleEntries = std::function<Status(std::span<const streams::Entry>)>;

class StreamConsumer {
 public:
  /// `stream` must outlive it. Reading begins at the stream's beginning.
  StreamConsumer(streams::Stream& stream, ConsumerConfig config, HandleEntries handle,
                 const Clock& clock);
  /// Ends after the entries in hand.
  ~StreamConsumer();
  StreamConsumer(const StreamConsumer&) = delete;
  StreamConsumer& operator=(const StreamConsumer&) = delete;

  /// Entries dealt with, and entries given up, since the start.
  [[nodiscard]] std::uint64_t handled() const { return handled_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] Status join_group(const std::stop_token& stop);
  [[nodiscard]] Result<std::vector<streams::Delivery>> next(const std::stop_token& stop);
  void deal_with(std::span<const streams::Entry> entries, const std::stop_token& stop);
  [[nodiscard]] Status acknowledge(std::span<const streams::Entry> entries,
                                   const std::stop_token& stop);

  streams::Stream& stream_;
  const ConsumerConfig config_;
  const HandleEntries handle_;
  const Clock& clock_;
  // Atomic: read by whoever watches.
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> refused_{0};
  // touched by the thread only
  TimePoint next_claim_{};
  bool took_over_ = false;

  std::jthread thread_;
};

}  // namespace temper::record
