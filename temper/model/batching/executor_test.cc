#include "temper/model/batching/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "temper/testing/scripted_instance.h"

namespace temper::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

using Future = std::future<Result<Answer>>;

struct Options {
  std::int64_t columns = 1;
  std::vector<std::size_t> outputs = {0};
  int priority = 5;
  Duration patience = Duration::max();
};

class ExecutorTest : public testing::Test {
 protected:
  static ExecutorConfig small_batches() {
    ExecutorConfig config;
    config.batching.max_batch_rows = 4;
    config.batching.max_batch_rows_under_load = 8;
    return config;
  }

  /// Runs every test's requests on one scripted instance unless the test asks for more.
  Executor& start(const ExecutorConfig& config = small_batches(), int slots = 1,
                  bool in_process = true) {
    executor_ = std::make_unique<Executor>(
        config,
        std::vector<InstanceSlots>{
            {.instance = instance_, .slots = slots, .in_process = in_process}},
        clock_);
    return *executor_;
  }

  std::pair<Work, Future> work(const std::vector<float>& values, const Options& options = {}) {
    Work work;
    work.inputs.push_back(matrix(options.columns, values));
    work.rows = work.inputs[0].rows();
    work.outputs = options.outputs;
    work.priority = options.priority;
    work.arrival = clock_.now();
    if (options.patience != Duration::max()) work.deadline = clock_.now() + options.patience;
    std::promise<Result<Answer>> promise;
    Future future = promise.get_future();
    work.done = [promise = std::move(promise)](Result<Answer> answer) mutable {
      promise.set_value(std::move(answer));
    };
    return {std::move(work), std::move(future)};
  }

  Future submit(const std::vector<float>& values, const Options& options = {}) {
    auto [request, future] = work(values, options);
    executor_->submit(std::move(request));
    return std::move(future);
  }

  Future enqueue(const std::vector<float>& values, const Options& options = {}) {
    auto [request, future] = work(values, options);
    executor_->enqueue(std::move(request));
    return std::move(future);
  }

  /// Occupies the one instance, so that what follows waits together.
  Future occupy() {
    instance_->gate().shut();
    Future first = submit({0});
    instance_->gate().wait_for_waiting(1);
    return first;
  }

  static std::vector<float> values(Future& future) {
    const auto answer = future.get();
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? values_of(answer->outputs[0]) : std::vector<float>{};
  }

  static ErrorCode error_of(Future& future) {
    const auto answer = future.get();
    EXPECT_FALSE(answer);
    return answer ? ErrorCode::kInternal : answer.error().code;
  }

  ManualClock clock_;
  std::shared_ptr<ScriptedInstance> instance_ = std::make_shared<ScriptedInstance>();
  std::unique_ptr<Executor> executor_;
};

TEST_F(ExecutorTest, AnswersWithTheOutputsAskedForInTheirOrder) {
  start();
  const auto answer = submit({1, 2, 3, 4}, {.columns = 2, .outputs = {1, 0, 1}}).get();
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->outputs.size(), 3U);
  EXPECT_THAT(values_of(answer->outputs[0]), ElementsAre(3, 7));
  EXPECT_THAT(values_of(answer->outputs[1]), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT(values_of(answer->outputs[2]), ElementsAre(3, 7));
  EXPECT_EQ(answer->batch_rows, 2);
}

TEST_F(ExecutorTest, RequestsThatWaitTogetherShareARunAndKeepTheirRows) {
  start();
  Future first = occupy();
  Future one = submit({1});
  Future two = submit({2, 3}, {.outputs = {1}});
  Future three = submit({4}, {.outputs = {1, 0}});
  instance_->gate().open();
  EXPECT_THAT(values(first), ElementsAre(0));
  EXPECT_THAT(values(one), ElementsAre(2));
  EXPECT_THAT(values(two), ElementsAre(2, 3));
  const auto answer = three.get();
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->outputs.size(), 2U);
  EXPECT_THAT(values_of(answer->outputs[0]), ElementsAre(4));
  EXPECT_THAT(values_of(answer->outputs[1]), ElementsAre(8));
  EXPECT_EQ(answer->batch_rows, 4);
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 4));
  EXPECT_THAT(instance_->runs()[1].outputs, ElementsAre(0, 1));
}

TEST_F(ExecutorTest, AVersionThatCannotBeBatchedNeverShares) {
  ExecutorConfig config = small_batches();
  config.batchable = false;
  start(config);
  Future first = occupy();
  Future one = submit({1});
  Future two = submit({2, 3});
  instance_->gate().open();
  EXPECT_THAT(values(one), ElementsAre(2));
  EXPECT_THAT(values(two), ElementsAre(4, 6));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 1, 2));
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, DifferentShapesNeverShare) {
  start();
  Future first = occupy();
  Future narrow = submit({1});
  Future wide = submit({1, 2, 3}, {.columns = 3});
  Future narrow_too = submit({2});
  instance_->gate().open();
  EXPECT_THAT(values(narrow), ElementsAre(2));
  EXPECT_THAT(values(wide), ElementsAre(2, 4, 6));
  EXPECT_THAT(values(narrow_too), ElementsAre(4));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 2, 1));
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, ABadRequestFailsAlone) {
  ExecutorConfig config = small_batches();
  config.batching.max_batch_rows = 8;
  start(config);
  Future first = occupy();
  std::vector<Future> futures;
  for (int k = 0; k < 8; ++k) futures.push_back(submit({k == 5 ? -1.0F : static_cast<float>(k)}));
  instance_->gate().open();
  for (int k = 0; k < 8; ++k) {
    Future& future = futures[static_cast<std::size_t>(k)];
    if (k == 5) {
      EXPECT_EQ(error_of(future), ErrorCode::kInvalidArgument);
    } else {
      EXPECT_THAT(values(future), ElementsAre(2 * k));
    }
  }
  // Halves: 8, 4 good, 4 bad, 2 bad, the good one, the bad one, 2 good.
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 8, 4, 4, 2, 1, 1, 2));
  EXPECT_EQ(executor_->stats().split_runs, 3U);
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, WhenAllAreBadEachGetsItsOwnError) {
  start();
  Future first = occupy();
  std::vector<Future> futures;
  for (int k = 1; k <= 4; ++k) futures.push_back(submit({-static_cast<float>(k)}));
  instance_->gate().open();
  for (int k = 1; k <= 4; ++k) {
    const auto answer = futures[static_cast<std::size_t>(k - 1)].get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, fmt::format("negative value -{}", k));
  }
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, AModelThatDoesNotKeepItsRowsIsRunRequestByRequest) {
  instance_ = std::make_shared<ScriptedInstance>(
      [](const runtime::RunRequest& request) -> Result<std::vector<Tensor>> {
        // Gives the sum of all rows, as a model that reduces over the batch does.
        float sum = 0;
        for (const float value : values_of(request.inputs[0])) sum += value;
        return std::vector<Tensor>{matrix(1, std::span(&sum, 1))};
      });
  start();
  Future first = occupy();
  Future one = submit({1});
  Future two = submit({2});
  instance_->gate().open();
  EXPECT_THAT(values(one), ElementsAre(1));
  EXPECT_THAT(values(two), ElementsAre(2));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 2, 1, 1));
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, ADeadHostIsNotAskedAgainForEachMember) {
  instance_ = std::make_shared<ScriptedInstance>(
      [](const runtime::RunRequest&) -> Result<std::vector<Tensor>> {
        return fail(ErrorCode::kUnavailable, "host died");
      });
  start();
  Future first = occupy();
  Future one = submit({1});
  Future two = submit({2});
  instance_->gate().open();
  EXPECT_EQ(error_of(first), ErrorCode::kUnavailable);
  EXPECT_EQ(error_of(one), ErrorCode::kUnavailable);
  EXPECT_EQ(error_of(two), ErrorCode::kUnavailable);
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 2));
}

TEST_F(ExecutorTest, ARequestThatExpiresInTheQueueIsAnsweredThenAndNeverRuns) {
  start();
  Future first = occupy();
  Future hasty = submit({1}, {.patience = milliseconds(2)});
  Future patient = submit({2});
  clock_.advance(milliseconds(2));
  EXPECT_EQ(error_of(hasty), ErrorCode::kDeadlineExceeded);  // the instance is still busy
  instance_->gate().open();
  EXPECT_THAT(values(patient), ElementsAre(4));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 1));
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, AMemberWhoseDeadlinePassesDuringTheRunIsAnsweredThen) {
  start();
  Future hasty = enqueue({1}, {.patience = milliseconds(2)});
  Future patient = enqueue({2}, {.patience = seconds(30)});
  instance_->gate().shut();
  std::jthread runner([this] { executor_->run_pending(); });
  instance_->gate().wait_for_waiting(1);
  clock_.advance(milliseconds(2));
  EXPECT_EQ(error_of(hasty), ErrorCode::kDeadlineExceeded);  // the run is still going on
  EXPECT_EQ(patient.wait_for(seconds(0)), std::future_status::timeout);
  instance_->gate().open();
  EXPECT_THAT(values(patient), ElementsAre(4));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(2));
  executor_->drain();
  EXPECT_EQ(executor_->stats().expired, 1U);
  EXPECT_EQ(executor_->stats().succeeded, 1U);
}

TEST_F(ExecutorTest, ARunIsCutAtTheLatestDeadlineOfItsMembers) {
  start();
  Future first = occupy();
  Future one = submit({1}, {.patience = seconds(5)});
  Future two = submit({2}, {.patience = seconds(9)});
  Future three = submit({3}, {.patience = seconds(7)});
  const TimePoint latest = clock_.now() + seconds(9);
  instance_->gate().open();
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
  EXPECT_TRUE(three.get());
  EXPECT_EQ(instance_->runs()[0].deadline, kNever);
  EXPECT_EQ(instance_->runs()[1].deadline, latest);
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, AnAnswerThatComesTooLateIsNotServed) {
  instance_ = std::make_shared<ScriptedInstance>([this](const runtime::RunRequest& request) {
    clock_.advance(milliseconds(20));
    return double_and_sum(request);
  });
  start();
  Future late = submit({1}, {.patience = milliseconds(10)});
  EXPECT_EQ(error_of(late), ErrorCode::kDeadlineExceeded);
  Future in_time = submit({1}, {.patience = milliseconds(30)});
  EXPECT_THAT(values(in_time), ElementsAre(2));
}

TEST_F(ExecutorTest, TheMoreUrgentRunsFirst) {
  ExecutorConfig config = small_batches();
  config.batchable = false;
  start(config);
  Future first = occupy();
  Future later = submit({1, 1}, {.priority = 9});
  Future sooner = submit({1, 1, 1}, {.priority = 1});
  instance_->gate().open();
  EXPECT_TRUE(later.get());
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1, 3, 2));
  EXPECT_TRUE(sooner.get());
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, AFullQueueRefusesWithAHint) {
  ExecutorConfig config = small_batches();
  config.batching.max_queued_rows = 2;
  config.measured_run = milliseconds(7);
  start(config);
  Future first = occupy();
  Future one = submit({1, 1});
  auto refused = submit({2}).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().retry_after_ms, 7);
  instance_->gate().open();
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(first.get());
  executor_->drain();
  EXPECT_EQ(executor_->stats().rejected, 1U);
}

TEST_F(ExecutorTest, DrainServesWhatWasAcceptedAndRefusesTheRest) {
  start();
  Future first = occupy();
  std::vector<Future> accepted;
  for (int k = 0; k < 20; ++k) accepted.push_back(submit({1}));
  Future promised = enqueue({5});  // its run_pending never comes
  std::jthread drainer([this] { executor_->drain(); });
  // Once a request is refused, the drain has begun.
  for (;;) {
    Future probe = submit({3});
    if (probe.wait_for(seconds(0)) == std::future_status::ready) {
      EXPECT_EQ(error_of(probe), ErrorCode::kUnavailable);
      break;
    }
    accepted.push_back(std::move(probe));
    std::this_thread::yield();
  }
  instance_->gate().open();
  drainer.join();
  for (Future& each : accepted) {
    ASSERT_EQ(each.wait_for(seconds(0)), std::future_status::ready);
    EXPECT_TRUE(each.get());
  }
  EXPECT_TRUE(promised.get());
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, InlineRequestsOfOnePollCycleShareARunOnTheirThread) {
  start();
  Future one = enqueue({1});
  Future two = enqueue({2});
  EXPECT_THAT(instance_->runs(), ::testing::IsEmpty());
  executor_->run_pending();
  ASSERT_EQ(one.wait_for(seconds(0)), std::future_status::ready);
  EXPECT_THAT(values(one), ElementsAre(2));
  EXPECT_THAT(values(two), ElementsAre(4));
  ASSERT_EQ(instance_->runs().size(), 1U);
  EXPECT_EQ(instance_->runs()[0].thread, std::this_thread::get_id());
}

TEST_F(ExecutorTest, RunPendingReturnsWhenTheInstanceIsBusyAndItsHolderTakesOver) {
  start();
  Future first = occupy();
  Future inlined = enqueue({1});
  executor_->run_pending();
  EXPECT_EQ(inlined.wait_for(seconds(0)), std::future_status::timeout);
  instance_->gate().open();
  EXPECT_THAT(values(inlined), ElementsAre(2));
  EXPECT_TRUE(first.get());
}

TEST_F(ExecutorTest, RunPendingHandsALongQueueOver) {
  ExecutorConfig config = small_batches();
  config.batchable = false;
  start(config);
  std::vector<Future> futures;
  for (int k = 0; k < 10; ++k) futures.push_back(enqueue({1}));
  executor_->run_pending();
  for (Future& each : futures) EXPECT_TRUE(each.get());
  const auto runs = instance_->runs();
  const auto here =
      std::ranges::count(runs, std::this_thread::get_id(), &ScriptedInstance::RecordedRun::thread);
  EXPECT_EQ(here, Executor::kInlineBatches);
  EXPECT_EQ(runs.size(), 10U);
}

TEST_F(ExecutorTest, PrefersInlineWhileRunsAreShort) {
  ExecutorConfig config = small_batches();
  EXPECT_FALSE(start(config).prefers_inline());  // nothing measured yet
  config.measured_run = microseconds(50);
  EXPECT_TRUE(start(config).prefers_inline());
  EXPECT_FALSE(start(config, 1, false).prefers_inline());  // in another process
  config.inline_below = Duration{0};
  EXPECT_FALSE(start(config).prefers_inline());
}

TEST_F(ExecutorTest, StopsPreferringInlineWhenRunsBecomeLong) {
  instance_ = std::make_shared<ScriptedInstance>([this](const runtime::RunRequest& request) {
    clock_.advance(milliseconds(10));
    return double_and_sum(request);
  });
  ExecutorConfig config = small_batches();
  config.measured_run = microseconds(50);
  start(config);
  EXPECT_TRUE(submit({1}).get());
  executor_->drain();
  EXPECT_FALSE(executor_->prefers_inline());
}

TEST_F(ExecutorTest, SlotsRunSideBySide) {
  start(small_batches(), 2);
  instance_->gate().shut();
  Future one = submit({1});
  instance_->gate().wait_for_waiting(1);
  Future two = submit({2});
  instance_->gate().wait_for_waiting(2);
  instance_->gate().open();
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
}

TEST_F(ExecutorTest, ACancelledRequestNeverRuns) {
  start();
  Future first = occupy();
  auto [request, cancelled] = work({1});
  const Ticket ticket = executor_->submit(std::move(request));
  EXPECT_TRUE(executor_->cancel(ticket));
  EXPECT_EQ(error_of(cancelled), ErrorCode::kCancelled);
  EXPECT_FALSE(executor_->cancel(ticket));
  instance_->gate().open();
  EXPECT_TRUE(first.get());
  executor_->drain();
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(1));
}

TEST_F(ExecutorTest, AHeldBatchRunsWhenItsDelayEnds) {
  ExecutorConfig config = small_batches();
  config.batching.eager = false;
  config.batching.max_queue_delay = milliseconds(2);
  start(config);
  Future one = submit({1});
  Future two = submit({2});
  executor_->run_pending();  // may not end the hold either
  EXPECT_THAT(instance_->runs(), ::testing::IsEmpty());
  clock_.advance(milliseconds(2));
  EXPECT_THAT(values(one), ElementsAre(2));
  EXPECT_THAT(values(two), ElementsAre(4));
  EXPECT_THAT(instance_->rows_of_runs(), ElementsAre(2));
}

TEST_F(ExecutorTest, AHoldThatBeganWhileTheInstanceWasBusyEndsToo) {
  ExecutorConfig config = small_batches();
  config.batching.eager = false;
  config.batching.max_queue_delay = milliseconds(2);
  start(config);
  instance_->gate().shut();
  Future full = submit({1, 2, 3, 4});
  instance_->gate().wait_for_waiting(1);
  Future held = submit({5});
  instance_->gate().open();
  EXPECT_TRUE(full.get());
  clock_.advance(milliseconds(2));
  EXPECT_THAT(values(held), ElementsAre(10));
}

TEST_F(ExecutorTest, AFullBatchIsNotHeld) {
  ExecutorConfig config = small_batches();
  config.batching.eager = false;
  config.batching.max_queue_delay = milliseconds(50);
  start(config);
  Future full = submit({1, 2, 3, 4});
  EXPECT_THAT(values(full), ElementsAre(2, 4, 6, 8));  // the clock stood still
}

TEST_F(ExecutorTest, AnAnsweredCallerMayAskAgainFromInside) {
  start();
  std::promise<Result<Answer>> promise;
  Future second = promise.get_future();
  auto [request, unused] = work({1});
  request.done = [&](const Result<Answer>& answer) {
    EXPECT_TRUE(answer);
    auto [again, unused_too] = work({2});
    again.done = [&promise](Result<Answer> inner) { promise.set_value(std::move(inner)); };
    executor_->submit(std::move(again));
    executor_->run_pending();
  };
  executor_->submit(std::move(request));
  EXPECT_THAT(values(second), ElementsAre(4));
}

TEST_F(ExecutorTest, KeepsBooks) {
  instance_ = std::make_shared<ScriptedInstance>([this](const runtime::RunRequest& request) {
    clock_.advance(milliseconds(1));
    return double_and_sum(request);
  });
  start();
  Future first = occupy();
  Future one = submit({1, 1});
  Future two = submit({2});
  EXPECT_EQ(executor_->stats().queued_requests, 2U);
  EXPECT_EQ(executor_->stats().queued_rows, 3);
  instance_->gate().open();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(one.get());
  EXPECT_TRUE(two.get());
  Future bad = submit({-1});
  EXPECT_FALSE(bad.get());
  executor_->drain();
  const ExecutorStats stats = executor_->stats();
  EXPECT_EQ(stats.rows, 4U);
  EXPECT_EQ(stats.runs, 2U);
  EXPECT_EQ(stats.succeeded, 3U);
  EXPECT_EQ(stats.failed, 1U);
  EXPECT_EQ(stats.expired, 0U);
  EXPECT_EQ(stats.queue_ns, 2'000'000U);    // two waited for the first run
  EXPECT_EQ(stats.compute_ns, 3'000'000U);  // one run each
  EXPECT_EQ(stats.success_ns, 5'000'000U);
  ASSERT_EQ(stats.batches.size(), 2U);
  EXPECT_EQ(stats.batches.at(1).runs, 1U);
  EXPECT_EQ(stats.batches.at(3).runs, 1U);
  EXPECT_EQ(stats.batches.at(3).compute_ns, 1'000'000U);
}

}  // namespace
}  // namespace temper::batching
