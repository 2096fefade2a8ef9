#include "temper/gateway/feedback/feedback_desk.h"

#include <algorithm>
#include <utility>

#include "temper/record/worker/event_json.h"

namespace temper::gateway {

FeedbackDesk::FeedbackDesk(streams::Stream& stream, std::string producer)
    : stream_(stream), producer_(std::move(producer)), thread_([this] { run(); }) {}

FeedbackDesk::~FeedbackDesk() {
  jobs_.close();
  thread_.join();
}

void FeedbackDesk::submit(std::vector<stores::FeedbackRecord> records, Done done) {
  if (records.empty()) return done({});
  Job job{.records = std::move(records), .done = std::move(done)};
  if (jobs_.try_push(std::move(job))) return;
  // A push that was refused leaves its item untouched.
  job.done(  // NOLINT(bugprone-use-after-move)
      std::unexpected(Error{.code = ErrorCode::kResourceExhausted,
                            .message = "too much feedback waits to be written",
                            .retry_after_ms = 100}));
}

Status FeedbackDesk::append(const std::vector<stores::FeedbackRecord>& records) {
  TEMPER_TRY_STATUS(stream_.append(
      record::feedback_json(records),
      {.durability = streams::Durability::kBuffered,
       .mark = streams::ProducerMark{.producer = producer_, .sequence = ++sequence_}}));
  return {};
}

void FeedbackDesk::run() {
  // Those that came together share one flush to the disk.
  std::vector<std::pair<Job, Status>> together;
  while (auto first = jobs_.pop({})) {
    together.clear();
    const auto take = [&](Job job) {
      Status appended = append(job.records);
      together.emplace_back(std::move(job), std::move(appended));
    };
    take(std::move(*first));
    for (std::size_t more = std::min(jobs_.size(), kWaiting); more > 0; --more) {
      if (auto next = jobs_.pop({})) take(std::move(*next));
    }
    const Status flushed = stream_.flush();
    for (auto& [job, appended] : together) {
      if (appended && !flushed) appended = flushed;
      job.done(std::move(appended));
    }
  }
}

}  // namespace temper::gateway
