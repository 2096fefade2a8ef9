#include "temper/cli/client/replay.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace temper::client {
namespace {

/// The server says no to what this request holds; the next one may be fine.
bool is_refusal(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kDeadlineExceeded ||
         error.code == ErrorCode::kFailedPrecondition;
}

class Replay {
 public:
  Replay(const ModelClient& client, const Events& events, const ReplayConfig& config,
         const Clock& clock)
      : client_(client),
        events_(events),
        config_(config),
        clock_(clock),
        rows_(events.table->rows()),
        batches_((rows_ + config.batch - 1) / config.batch) {}

  Result<ReplayReport> run(const std::function<void(std::uint64_t)>& progress) {
    start_ = clock_.now();
    {
      std::vector<std::jthread> workers;
      const auto count = std::min(static_cast<std::size_t>(config_.connections), batches_);
      running_ = count;
      workers.reserve(count);
      for (std::size_t k = 0; k < count; ++k) {
        workers.emplace_back([this] { work(); });
      }
      wait_for_workers(progress);
    }
    if (failure_) return std::unexpected(*failure_);
    report_.seconds = std::chrono::duration<double>(clock_.now() - start_).count();
    report_.events = rows_;
    return std::move(report_);
  }

 private:
  void wait_for_workers(const std::function<void(std::uint64_t)>& progress) {
    std::unique_lock lock(mutex_);
    while (running_ > 0) {
      finished_.wait_for(lock, std::chrono::milliseconds(200));
      const std::uint64_t done = report_.answered + report_.refused;
      lock.unlock();
      if (progress) progress(done);
      lock.lock();
    }
  }

  void work() {
    ModelClient client = client_.again();
    LatencyRecorder latency;
    for (;;) {
      const std::size_t batch = next_batch_.fetch_add(1);
      if (batch >= batches_ || failed_.load()) break;
      const std::size_t first = batch * config_.batch;
      const std::size_t count = std::min(config_.batch, rows_ - first);
      if (const Status sent = send(client, first, count, latency); !sent) {
        fail_with(sent.error());
        break;
      }
    }
    const std::scoped_lock lock(mutex_);
    report_.latency.merge(latency);
    --running_;
    finished_.notify_one();
  }

  Status send(ModelClient& client, std::size_t first, std::size_t count, LatencyRecorder& latency) {
    TEMPER_TRY(const auto tensors, events_.inputs->build(*events_.table, first, count));
    oip::InferCall call{
        .id = {}, .inputs = tensors, .outputs = {}, .parameters = {}, .binary = config_.binary};
    if (events_.time != nullptr && !events_.time->is_missing(first + count - 1)) {
      call.parameters.event_time_ns = events_.time->integer(first + count - 1);
    }
    if (const auto due = due_after(config_, events_, first)) {
      const Duration early = start_ + *due - clock_.now();
      if (early > Duration::zero()) sleep_for(early);
    }
    Retry retry(config_.retry);
    for (;;) {
      const TimePoint sent = clock_.now();
      const Result<oip::InferReply> reply = client.infer(call);
      if (reply) {
        latency.record(clock_.now() - sent);
        return keep(*reply, first, count);
      }
      if (is_refusal(reply.error())) return refuse(reply.error(), first, count);
      const auto wait = retry.wait_after(reply.error());
      if (!wait || failed_.load()) {
        return with_context(reply.error(), fmt::format("event {}", first));
      }
      {
        const std::scoped_lock lock(mutex_);
        ++report_.retries;
      }
      sleep_for(*wait);
    }
  }

  Status keep(const oip::InferReply& reply, std::size_t first, std::size_t count) {
    {
      const std::scoped_lock lock(mutex_);
      if (!report_.predictions) {
        TEMPER_TRY(report_.predictions, PredictionColumns::create(reply, rows_));
      }
      report_.answered += count;
    }
    // The columns stand once they are made, and each request has its own rows of them.
    return report_.predictions->put(reply, first, count);
  }

  Status refuse(const Error& error, std::size_t first, std::size_t count) {
    const std::scoped_lock lock(mutex_);
    if (report_.refused == 0)
      report_.first_refusal = fmt::format("event {}: {}", first, error.message);
    report_.refused += count;
    return {};
  }

  void fail_with(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = error;
    failed_.store(true);
  }

  const ModelClient& client_;
  const Events events_;
  const ReplayConfig config_;
  const Clock& clock_;
  const std::size_t rows_;
  const std::size_t batches_;
  TimePoint start_{};

  // Atomic: workers take the next batch without meeting at the lock; its order is all that matters.
  std::atomic<std::size_t> next_batch_{0};
  // Atomic: read by every worker before each batch, set once.
  std::atomic<bool> failed_{false};

  std::mutex mutex_;
  std::condition_variable finished_;
  // guarded by mutex_ (the rows inside report_.predictions excepted)
  ReplayReport report_;
  std::size_t running_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Status ReplayConfig::validate() const {
  if (connections < 1 || connections > 256) {
    return fail(ErrorCode::kInvalidArgument, "connections must lie in 1..256, got {}", connections);
  }
  if (batch < 1 || batch > 4096) {
    return fail(ErrorCode::kInvalidArgument, "events per request must lie in 1..4096, got {}",
                batch);
  }
  if (!(rate_per_s >= 0) || !(speed >= 0) || !std::isfinite(rate_per_s) || !std::isfinite(speed)) {
    return fail(ErrorCode::kInvalidArgument, "rate and speed must be finite and not negative");
  }
  if (rate_per_s > 0 && speed > 0) {
    return fail(ErrorCode::kInvalidArgument, "give either a rate or a speed");
  }
  return {};
}

std::optional<Duration> due_after(const ReplayConfig& config, const Events& events,
                                  std::size_t row) {
  if (config.rate_per_s > 0) {
    return Duration(static_cast<std::int64_t>(static_cast<double>(row) / config.rate_per_s * 1e9));
  }
  if (config.speed > 0 && events.time != nullptr && !events.time->is_missing(row)) {
    const std::int64_t since_first = events.time->integer(row) - events.time->integer(0);
    return Duration(static_cast<std::int64_t>(static_cast<double>(since_first) / config.speed));
  }
  return std::nullopt;
}

Result<ReplayReport> replay(const ModelClient& client, const Events& events,
                            const ReplayConfig& config, const Clock& clock,
                            const std::function<void(std::uint64_t)>& progress) {
  TEMPER_TRY_STATUS(config.validate());
  if (events.table->rows() == 0) return fail(ErrorCode::kInvalidArgument, "there are no events");
  if (config.speed > 0 && events.time == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "a speed needs the events' time");
  }
  Replay run(client, events, config, clock);
  return run.run(progress);
}

}  // namespace temper::client
