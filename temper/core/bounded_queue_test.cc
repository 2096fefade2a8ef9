#include "temper/core/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace temper {
namespace {

TEST(BoundedQueueTest, GivesItemsInTheOrderTheyCame) {
  BoundedQueue<int> queue(3);
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(queue.try_push(int{i}));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(queue.pop({}), i);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueueTest, RefusesWhenFullAndLeavesTheItemAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueueTest, DrainsAfterCloseAndTakesNothingMore) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(7));
  queue.close();
  EXPECT_FALSE(queue.try_push(8));
  EXPECT_FALSE(queue.push(9, {}));
  EXPECT_EQ(queue.pop({}), 7);
  EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueueTest, AStopRequestEndsAWaitingPop) {
  BoundedQueue<int> queue(1);
  std::optional<int> popped = 1;
  std::jthread consumer([&](const std::stop_token& stop) { popped = queue.pop(stop); });
  consumer.request_stop();
  consumer.join();
  EXPECT_EQ(popped, std::nullopt);
}

TEST(BoundedQueueTest, AStopRequestEndsAWaitingPush) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.try_push(1));
  bool pushed = true;
  std::jthread producer([&](const std::stop_token& stop) { pushed = queue.push(2, stop); });
  producer.request_stop();
  producer.join();
  EXPECT_FALSE(pushed);
}

TEST(BoundedQueueTest, ManyThreadsLoseAndRepeatNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  BoundedQueue<int> queue(8);
  std::vector<std::atomic<int>> seen(kThreads * kEach);
  {
    std::vector<std::jthread> consumers;
    for (int t = 0; t < kThreads; ++t) {
      consumers.emplace_back([&] {
        while (const auto item = queue.pop({})) seen[static_cast<std::size_t>(*item)].fetch_add(1);
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int t = 0; t < kThreads; ++t) {
        producers.emplace_back([&queue, t] {
          for (int i = 0; i < kEach; ++i) ASSERT_TRUE(queue.push(t * kEach + i, {}));
        });
      }
    }
    queue.close();
  }
  for (const auto& times : seen) EXPECT_EQ(times.load(), 1);
}

}  // namespace
}  // namespace temper
