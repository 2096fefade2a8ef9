// Takes feedback off the I/O threads and answers its senders when it is durable.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "temper/core/bounded_queue.h"
#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/record/stores/stores.h"
#include "temper/record/streams/streams.h"

namespace temper::gateway {

class FeedbackDesk {
 public:
  using Done = std::move_only_function<void(Status)>;
  /// Bodies that may wait.
  static constexpr std::size_t kWaiting = 256;

  /// `stream` must outlive it. `producer` as in streams::ProducerMark.
  FeedbackDesk(streams::Stream& stream, std::string producer);
  /// Deals with what was accepted.
  ~FeedbackDesk();
  FeedbackDesk(const FeedbackDesk&) = delete;
  FeedbackDesk& operator=(const FeedbackDesk&) = delete;

  /// `done` is called once, on the desk's thread or at once: kResourceExhausted with a hint when
  /// too many wait, what the stream says, or success once the entry survives a kill.
  void submit(std::vector<stores::FeedbackRecord> records, Done done);

 private:
  struct Job {
    std::vector<stores::FeedbackRecord> records;
    Done done;
  };
  void run();
  [[nodiscard]] Status append(const std::vector<stores::FeedbackRecord>& records);

  streams::Stream& stream_;
  const std::string producer_;
  std::uint64_t sequence_ = 0;
  BoundedQueue<Job> jobs_{kWaiting};
  std::jthread thread_;
};

}  // namespace temper::gateway
