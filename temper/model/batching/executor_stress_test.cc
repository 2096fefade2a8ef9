// Many threads, every way in, faults and deadlines; meant for the thread sanitizer as well.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "temper/core/rng.h"
#include "temper/model/batching/executor.h"
#include "temper/testing/scripted_instance.h"

namespace temper::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr int kThreads = 4;
constexpr int kRequestsPerThread = 1500;

/// What became of the requests of a test; every one must end up in exactly one count.
struct Tally {
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  std::atomic<int> served{0};
  std::atomic<int> expired{0};
  std::atomic<int> refused{0};
  std::atomic<int> wrong{0};
};

struct Kind {
  bool bad = false;
  bool hasty = false;
  std::vector<float> values;
};

void judge(const Kind& kind, const Result<Answer>& answer, Tally& tally) {
  tally.answered.fetch_add(1);
  if (answer) {
    tally.served.fetch_add(1);
    std::vector<float> expected = kind.values;
    for (float& value : expected) value *= 2;
    if (kind.bad || values_of(answer->outputs[0]) != expected) tally.wrong.fetch_add(1);
    return;
  }
  switch (answer.error().code) {
    case ErrorCode::kInvalidArgument:
      if (!kind.bad) tally.wrong.fetch_add(1);
      break;
    case ErrorCode::kDeadlineExceeded:
      tally.expired.fetch_add(1);
      if (!kind.hasty) tally.wrong.fetch_add(1);
      break;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      tally.refused.fetch_add(1);
      break;
    default:
      tally.wrong.fetch_add(1);
  }
}

Work any_work(Rng& rng, const Clock& clock, Tally& tally) {
  Kind kind{.bad = rng.below(20) == 0, .hasty = rng.below(10) == 0, .values = {}};
  const std::int64_t columns = 1 + static_cast<std::int64_t>(rng.below(2));
  const std::uint64_t rows = 1 + rng.below(4);
  for (std::uint64_t k = 0; k < rows * static_cast<std::uint64_t>(columns); ++k) {
    kind.values.push_back(static_cast<float>(rng.below(1000)));
  }
  if (kind.bad) kind.values[0] = -1;
  Work work;
  work.inputs.push_back(matrix(columns, kind.values));
  work.rows = static_cast<std::int64_t>(rows);
  work.outputs = {0};
  work.priority = static_cast<int>(1 + rng.below(9));
  work.arrival = clock.now();
  work.deadline =
      work.arrival + (kind.hasty ? Duration(microseconds(rng.below(300))) : Duration(seconds(600)));
  tally.asked.fetch_add(1);
  work.done = [kind = std::move(kind), &tally](const Result<Answer>& answer) {
    judge(kind, answer, tally);
  };
  return work;
}

std::unique_ptr<Executor> any_executor(bool eager) {
  ExecutorConfig config;
  config.batching.max_batch_rows = 8;
  config.batching.max_batch_rows_under_load = 16;
  config.batching.eager = eager;
  config.batching.max_queue_delay = microseconds(200);
  config.batching.max_queued_rows = 4000;
  std::vector<InstanceSlots> instances;
  instances.push_back({.instance = std::make_shared<ScriptedInstance>(), .slots = 2});
  instances.push_back({.instance = std::make_shared<ScriptedInstance>(), .slots = 1});
  return std::make_unique<Executor>(config, std::move(instances), system_clock_instance());
}

/// One client thread: submits, or enqueues a few and runs them, or cancels.
void ask(Executor& executor, Rng& rng, Tally& tally) {
  const Clock& clock = system_clock_instance();
  switch (rng.below(3)) {
    case 0:
      executor.submit(any_work(rng, clock, tally));
      break;
    case 1:
      for (std::uint64_t k = 1 + rng.below(5); k > 0; --k) {
        executor.enqueue(any_work(rng, clock, tally));
      }
      executor.run_pending();
      break;
    default:
      const Ticket ticket = executor.submit(any_work(rng, clock, tally));
      if (rng.below(2) == 0) executor.cancel(ticket);
  }
}

void expect_all_answered(const Tally& tally) {
  EXPECT_EQ(tally.answered.load(), tally.asked.load());
  EXPECT_EQ(tally.wrong.load(), 0);
  EXPECT_GT(tally.served.load(), 0);
}

class ExecutorStressTest : public testing::TestWithParam<bool> {};

TEST_P(ExecutorStressTest, AnswersEveryRequestOnceAndRightly) {
  Tally tally;
  {
    const auto executor = any_executor(GetParam());
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Rng rng(static_cast<std::uint64_t>(t) + 1);
        for (int k = 0; k < kRequestsPerThread; ++k) ask(*executor, rng, tally);
      });
    }
    threads.clear();
    executor->drain();
    expect_all_answered(tally);  // before the destructor could help
  }
}

/// Who serves now. (Not std::atomic<std::shared_ptr>: libstdc++ 12 ends its `load` with a relaxed
/// store, which the thread sanitizer rightly reports.)
class Current {
 public:
  explicit Current(std::shared_ptr<Executor> executor) : executor_(std::move(executor)) {}
  [[nodiscard]] std::shared_ptr<Executor> load() {
    const std::scoped_lock lock(mutex_);
    return executor_;
  }
  [[nodiscard]] std::shared_ptr<Executor> exchange(std::shared_ptr<Executor> next) {
    const std::scoped_lock lock(mutex_);
    return std::exchange(executor_, std::move(next));
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Executor> executor_;
};

/// Nobody but the holder of the instance may be needed: here no client ever waits or comes back.
TEST_P(ExecutorStressTest, LosesNoWakeUpWhenClientsStopAtOnce) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    Tally tally;
    const auto executor = any_executor(GetParam());
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        Rng rng(round * 2 + t);
        for (int k = 0; k < 5; ++k) ask(*executor, rng, tally);
      });
    }
    threads.clear();
    while (tally.answered.load() < tally.asked.load()) std::this_thread::yield();
    ASSERT_EQ(tally.wrong.load(), 0);
  }
}

TEST_P(ExecutorStressTest, ASwapUnderLoadFailsNobodyWhoComesAgain) {
  Tally tally;
  Current current{any_executor(GetParam())};
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        Rng rng(t + 100);
        while (!stop) ask(*current.load(), rng, tally);
      });
    }
    for (int swap = 0; swap < 30; ++swap) {
      const int before = tally.served.load();
      while (tally.served.load() < before + 20) std::this_thread::yield();
      const auto old = current.exchange(any_executor(GetParam()));
      old->drain();
    }
    stop = true;
  }
  current.load()->drain();
  expect_all_answered(tally);
}

INSTANTIATE_TEST_SUITE_P(EagerAndHolding, ExecutorStressTest, testing::Bool(),
                         [](const auto& parameter) {
                           return parameter.param ? "eager" : "holding";
                         });

}  // namespace
}  // namespace temper::batching
