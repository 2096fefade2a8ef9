#include "temper/model/batching/batch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace temper::batching {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Ids = std::vector<std::uint64_t>;

constexpr TimePoint kStart{seconds(100)};

TimePoint after(int ms) { return kStart + milliseconds(ms); }

Ids next(BatchQueue& queue, TimePoint now = kStart) {
  Ids ids;
  queue.next_batch(now, ids);
  return ids;
}

Ids expired(BatchQueue& queue, TimePoint now) {
  Ids ids;
  queue.take_expired(now, ids);
  return ids;
}

Ticket add(BatchQueue& queue, Entry entry) {
  if (entry.arrival == TimePoint{}) entry.arrival = kStart;
  const auto ticket = queue.enqueue(entry);
  EXPECT_TRUE(ticket);
  return ticket.value_or(Ticket{});
}

TEST(BatchQueueTest, DispatchesWhatWaitsAtOnce) {
  BatchQueue queue({});
  add(queue, {.id = 1});
  EXPECT_TRUE(queue.runnable(kStart));
  EXPECT_THAT(next(queue), ElementsAre(1));
  EXPECT_FALSE(queue.runnable(kStart));
  EXPECT_THAT(next(queue), IsEmpty());
}

TEST(BatchQueueTest, CountsRowsNotRequests) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 16});
  add(queue, {.id = 1, .rows = 10});
  add(queue, {.id = 2, .rows = 6});
  add(queue, {.id = 3, .rows = 1});
  EXPECT_THAT(next(queue), ElementsAre(1, 2));
  EXPECT_THAT(next(queue), ElementsAre(3));
}

TEST(BatchQueueTest, NeverSkipsARequestThatDoesNotFit) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 16});
  add(queue, {.id = 1, .rows = 10});
  add(queue, {.id = 2, .rows = 7});
  add(queue, {.id = 3, .rows = 1});
  EXPECT_THAT(next(queue), ElementsAre(1));
  EXPECT_THAT(next(queue), ElementsAre(2, 3));
}

TEST(BatchQueueTest, ARequestAboveTheBoundRunsAlone) {
  BatchQueue queue({.max_batch_rows = 4, .max_batch_rows_under_load = 4});
  add(queue, {.id = 1, .rows = 100});
  add(queue, {.id = 2, .rows = 1});
  EXPECT_THAT(next(queue), ElementsAre(1));
  EXPECT_THAT(next(queue), ElementsAre(2));
}

TEST(BatchQueueTest, GrowsTheBoundWithTheQueue) {
  BatchQueue queue({.max_batch_rows = 4, .max_batch_rows_under_load = 10});
  EXPECT_EQ(queue.row_bound(), 4);
  for (std::uint64_t id = 0; id < 7; ++id) add(queue, {.id = id});
  EXPECT_EQ(queue.row_bound(), 7);
  for (std::uint64_t id = 7; id < 25; ++id) add(queue, {.id = id});
  EXPECT_EQ(queue.row_bound(), 10);
  EXPECT_EQ(next(queue).size(), 10U);
}

TEST(BatchQueueTest, LeavesTheOtherInstancesTheirShareOfLongRuns) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 64, .instances = 2});
  queue.learn(1, milliseconds(1));
  for (std::uint64_t id = 0; id < 12; ++id) add(queue, {.id = id});
  EXPECT_EQ(next(queue).size(), 6U);
  EXPECT_EQ(next(queue).size(), 6U);
}

TEST(BatchQueueTest, RowsThatRunCountForTheShare) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 64, .instances = 2});
  queue.learn(1, milliseconds(1));
  for (std::uint64_t id = 0; id < 16; ++id) add(queue, {.id = id});
  EXPECT_EQ(next(queue).size(), 8U);
  EXPECT_EQ(queue.row_bound(), 8);
  queue.finished(8);
  EXPECT_EQ(queue.row_bound(), 4);
}

TEST(BatchQueueTest, AShareIsNotTooSmallARunWhileTheCostIsUnknown) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 64, .instances = 4});
  queue.learn(1, milliseconds(1));
  for (std::uint64_t id = 0; id < 8; ++id) add(queue, {.id = id});
  EXPECT_EQ(next(queue).size(), 4U);
}

TEST(BatchQueueTest, AShareOutweighsTheBaseOfARun) {
  const auto first_of_8 = [](Duration base, Duration row) {
    BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 64, .instances = 4});
    for (int k = 0; k < 100; ++k) queue.learn(1 + k % 8, base + row * (1 + k % 8));
    for (std::uint64_t id = 0; id < 8; ++id) add(queue, {.id = id});
    return next(queue).size();
  };
  EXPECT_EQ(first_of_8(milliseconds(0), milliseconds(1)), 2U);
  EXPECT_EQ(first_of_8(milliseconds(6), milliseconds(1)), 6U);
  EXPECT_EQ(first_of_8(milliseconds(90), milliseconds(1)), 8U);
}

TEST(BatchQueueTest, DoesNotSplitShortRuns) {
  BatchQueue queue({.max_batch_rows = 16, .max_batch_rows_under_load = 64, .instances = 2});
  queue.learn(1, std::chrono::microseconds(10));
  for (std::uint64_t id = 0; id < 12; ++id) add(queue, {.id = id});
  EXPECT_EQ(next(queue).size(), 12U);
}

TEST(BatchQueueTest, BoundsABatchOfEmptyRequestsToo) {
  BatchQueue queue({.max_batch_rows = 4, .max_batch_rows_under_load = 4});
  for (std::uint64_t id = 0; id < 6; ++id) add(queue, {.id = id, .rows = 0});
  EXPECT_EQ(next(queue).size(), 4U);
}

TEST(BatchQueueTest, OnlyEqualGroupsShare) {
  BatchQueue queue({});
  add(queue, {.id = 1, .group = 20});
  add(queue, {.id = 2, .group = 32});
  add(queue, {.id = 3, .group = 20});
  EXPECT_THAT(next(queue), ElementsAre(1, 3));
  EXPECT_THAT(next(queue), ElementsAre(2));
}

TEST(BatchQueueTest, AnUnbatchableRequestNeverShares) {
  BatchQueue queue({});
  add(queue, {.id = 1});
  add(queue, {.id = 2, .batchable = false});
  add(queue, {.id = 3});
  EXPECT_THAT(next(queue), ElementsAre(1));
  EXPECT_THAT(next(queue), ElementsAre(2));
  EXPECT_THAT(next(queue), ElementsAre(3));
}

TEST(BatchQueueTest, TheMoreUrgentGoesFirst) {
  BatchQueue queue({.max_batch_rows = 1, .max_batch_rows_under_load = 1});
  add(queue, {.id = 1, .priority = 9});
  add(queue, {.id = 2, .priority = 5});
  add(queue, {.id = 3, .priority = 1});
  EXPECT_THAT(next(queue), ElementsAre(3));
  EXPECT_THAT(next(queue), ElementsAre(2));
  EXPECT_THAT(next(queue), ElementsAre(1));
}

TEST(BatchQueueTest, WaitingMakesUpForAPriority) {
  BatchQueue queue(
      {.max_batch_rows = 1, .max_batch_rows_under_load = 1, .priority_step = milliseconds(10)});
  add(queue, {.id = 1, .priority = 9, .arrival = kStart});
  add(queue, {.id = 2, .priority = 1, .arrival = after(79)});
  add(queue, {.id = 3, .priority = 1, .arrival = after(81)});
  EXPECT_THAT(next(queue, after(81)), ElementsAre(2));
  EXPECT_THAT(next(queue, after(81)), ElementsAre(1));
  EXPECT_THAT(next(queue, after(81)), ElementsAre(3));
}

TEST(BatchQueueTest, APriorityOutsideTheRangeCountsAsItsEnd) {
  BatchQueue queue({.max_batch_rows = 1, .max_batch_rows_under_load = 1});
  add(queue, {.id = 1, .priority = 1000});
  add(queue, {.id = 2, .priority = 9, .arrival = kStart + Duration(1)});
  EXPECT_THAT(next(queue), ElementsAre(1));
}

TEST(BatchQueueTest, GivesExpiredRequestsBackUnrun) {
  BatchQueue queue({});
  add(queue, {.id = 1, .deadline = after(5)});
  add(queue, {.id = 2});
  add(queue, {.id = 3, .deadline = after(3)});
  EXPECT_EQ(queue.next_deadline(), after(3));
  EXPECT_THAT(expired(queue, after(2)), IsEmpty());
  EXPECT_THAT(expired(queue, after(5)), ElementsAre(3, 1));  // the deadline itself is too late
  EXPECT_EQ(queue.next_deadline(), kNever);
  EXPECT_THAT(next(queue, after(5)), ElementsAre(2));
}

TEST(BatchQueueDeathTest, ABatchMayNotBeAskedForBeforeTheExpiredLeft) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  BatchQueue queue({});
  add(queue, {.id = 1, .deadline = after(5)});
  EXPECT_DEATH(next(queue, after(5)), "invariant broken");
}

TEST(BatchQueueTest, ACancelledRequestLeaves) {
  BatchQueue queue({});
  add(queue, {.id = 1});
  const Ticket ticket = add(queue, {.id = 2, .deadline = after(5)});
  EXPECT_EQ(queue.cancel(ticket), 2U);
  EXPECT_EQ(queue.cancel(ticket), std::nullopt);
  EXPECT_EQ(queue.next_deadline(), kNever);
  EXPECT_THAT(next(queue), ElementsAre(1));
}

TEST(BatchQueueTest, AStaleTicketCancelsNobodyElse) {
  BatchQueue queue({});
  const Ticket stale = add(queue, {.id = 1});
  EXPECT_THAT(next(queue), ElementsAre(1));
  add(queue, {.id = 2});  // takes the same slot
  EXPECT_EQ(queue.cancel(stale), std::nullopt);
  EXPECT_EQ(queue.cancel(Ticket{}), std::nullopt);
  EXPECT_THAT(next(queue), ElementsAre(2));
}

TEST(BatchQueueTest, RefusesBeyondItsRows) {
  BatchQueue queue({.max_queued_rows = 10});
  add(queue, {.id = 1, .rows = 9});
  EXPECT_FALSE(queue.enqueue({.id = 2, .rows = 2, .arrival = kStart}));
  EXPECT_TRUE(queue.enqueue({.id = 3, .rows = 1, .arrival = kStart}));
  EXPECT_EQ(queue.queued_rows(), 10);
}

TEST(BatchQueueTest, RefusesBeyondItsRequests) {
  BatchQueue queue({.max_queued_requests = 2});
  add(queue, {.id = 1});
  add(queue, {.id = 2});
  EXPECT_FALSE(queue.enqueue({.id = 3, .arrival = kStart}));
  EXPECT_EQ(queue.queued_requests(), 2U);
}

TEST(BatchQueueTest, TakesAnOversizedRequestWhenNothingElseWaits) {
  BatchQueue queue({.max_queued_rows = 10});
  add(queue, {.id = 1, .rows = 1000});
  EXPECT_FALSE(queue.enqueue({.id = 2, .arrival = kStart}));
  EXPECT_THAT(next(queue), ElementsAre(1));
}

TEST(BatchQueueTest, HintsWhenHalfOfTheQueueShouldBeServed) {
  BatchQueue queue({.max_queued_rows = 100, .instances = 2});
  queue.learn(10, milliseconds(40));  // 4 ms a row
  add(queue, {.id = 1, .rows = 100});
  const auto refused = queue.enqueue({.id = 2, .arrival = kStart});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, milliseconds(100));  // 50 rows, 4 ms each, on 2 instances
}

TEST(BatchQueueTest, HintsAtLeastAMillisecondAndAtMostTenSeconds) {
  BatchQueue queue({.max_queued_rows = 100});
  add(queue, {.id = 1, .rows = 100});
  EXPECT_EQ(queue.enqueue({.id = 2, .arrival = kStart}).error().retry_after, milliseconds(1));
  queue.learn(1, seconds(60));
  EXPECT_EQ(queue.enqueue({.id = 2, .arrival = kStart}).error().retry_after, seconds(10));
}

TEST(BatchQueueTest, LearnsTheDurationOfARun) {
  BatchQueue queue({});
  EXPECT_EQ(queue.expected_run(), std::nullopt);
  queue.learn(4, milliseconds(8));
  EXPECT_EQ(queue.expected_run(), milliseconds(8));
  queue.learn(4, milliseconds(16));
  EXPECT_EQ(queue.expected_run(), milliseconds(9));  // an eighth of the way
}

class HoldTest : public testing::Test {
 protected:
  BatchQueue queue_{{.max_batch_rows = 4,
                     .max_batch_rows_under_load = 4,
                     .max_queue_delay = milliseconds(5),
                     .eager = false}};
};

TEST_F(HoldTest, HoldsASmallBatchForItsDelay) {
  add(queue_, {.id = 1, .arrival = kStart});
  add(queue_, {.id = 2, .arrival = after(2)});
  EXPECT_THAT(next(queue_, after(4)), IsEmpty());
  EXPECT_FALSE(queue_.runnable(after(4)));
  EXPECT_EQ(queue_.held_until(), after(5));
  EXPECT_THAT(next(queue_, after(5)), ElementsAre(1, 2));
  EXPECT_EQ(queue_.held_until(), kNever);
}

TEST_F(HoldTest, DispatchesAFullBatchAtOnce) {
  for (std::uint64_t id = 1; id <= 4; ++id) add(queue_, {.id = id});
  EXPECT_EQ(queue_.held_until(), kNever);
  EXPECT_EQ(next(queue_).size(), 4U);
}

TEST_F(HoldTest, DispatchesAnUnbatchableRequestAtOnce) {
  add(queue_, {.id = 1, .batchable = false});
  EXPECT_THAT(next(queue_), ElementsAre(1));
}

TEST_F(HoldTest, NeverHoldsLongerThanADeadlineLeaves) {
  queue_.learn(1, milliseconds(2));
  add(queue_, {.id = 1});
  add(queue_, {.id = 2, .deadline = after(5)});
  EXPECT_EQ(queue_.held_until(), after(3));
  EXPECT_THAT(next(queue_, after(3)), ElementsAre(1, 2));
}

TEST_F(HoldTest, DispatchesAtOnceWhenADeadlineLeavesNothing) {
  queue_.learn(1, milliseconds(20));
  add(queue_, {.id = 1, .deadline = after(10)});
  EXPECT_THAT(next(queue_), ElementsAre(1));
}

TEST_F(HoldTest, AFullGroupNeedNotWaitForAHeldOne) {
  add(queue_, {.id = 9, .group = 1});
  for (std::uint64_t id = 1; id <= 4; ++id) add(queue_, {.id = id, .group = 2});
  EXPECT_THAT(next(queue_), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(next(queue_), IsEmpty());
  EXPECT_EQ(queue_.held_until(), after(5));
}

TEST_F(HoldTest, TheRestOfAFullBatchIsHeldFromItsOwnArrival) {
  for (std::uint64_t id = 1; id <= 4; ++id) add(queue_, {.id = id, .arrival = kStart});
  add(queue_, {.id = 5, .arrival = after(3)});
  EXPECT_EQ(next(queue_, after(3)).size(), 4U);
  EXPECT_EQ(queue_.held_until(), after(8));
}

TEST(BatchingConfigTest, DefaultsAreValid) { EXPECT_TRUE(BatchingConfig{}.validate()); }

TEST(BatchingConfigTest, NamesTheFieldThatIsWrong) {
  const std::vector<std::pair<BatchingConfig, const char*>> wrong{
      {{.max_batch_rows = 0}, "max_batch_rows"},
      {{.max_batch_rows = 70'000, .max_batch_rows_under_load = 70'000}, "max_batch_rows"},
      {{.max_batch_rows = 16, .max_batch_rows_under_load = 15}, "max_batch_rows_under_load"},
      {{.max_queue_delay = milliseconds(51)}, "max_queue_delay"},
      {{.max_queue_delay = Duration(-1)}, "max_queue_delay"},
      {{.max_queued_rows = 0}, "max_queued_rows"},
      {{.max_queued_requests = 0}, "max_queued_requests"},
      {{.priority_step = Duration(-1)}, "priority_step"},
      {{.instances = 0}, "instances"},
  };
  for (const auto& [config, field] : wrong) {
    const Status status = config.validate();
    ASSERT_FALSE(status) << field;
    EXPECT_NE(status.error().message.find(field), std::string::npos) << status.error().message;
  }
}

}  // namespace
}  // namespace temper::batching
