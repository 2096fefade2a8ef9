#include "temper/cli/client/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace temper::client {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

std::vector<TimePoint> all_of(PoissonArrivals arrivals) {
  arrivals.advance(kNever - Duration(1));
  std::vector<TimePoint> times;
  while (const auto due = arrivals.take()) times.push_back(*due);
  return times;
}

TEST(PoissonArrivalsTest, SameSeedSameTimes) {
  EXPECT_EQ(all_of({500, kStart, kStart + seconds(2), 3}),
            all_of({500, kStart, kStart + seconds(2), 3}));
  EXPECT_NE(all_of({500, kStart, kStart + seconds(2), 3}),
            all_of({500, kStart, kStart + seconds(2), 4}));
}

TEST(PoissonArrivalsTest, CountAndGapsFollowTheRate) {
  const auto times = all_of({1000, kStart, kStart + seconds(100), 11});
  // A Poisson count of mean 100,000 has deviation 316; five of them miss once in two million seeds.
  EXPECT_NEAR(static_cast<double>(times.size()), 100'000, 5 * 316.2);
  // Exponential gaps: the share longer than the mean is exp(-1), deviation 0.0015 at 100,000 gaps.
  std::size_t longer = 0;
  for (std::size_t k = 1; k < times.size(); ++k) {
    if (times[k] - times[k - 1] > microseconds(1000)) ++longer;
  }
  EXPECT_NEAR(static_cast<double>(longer) / static_cast<double>(times.size() - 1), std::exp(-1.0),
              5 * 0.0015);
}

TEST(PoissonArrivalsTest, StaysInsideItsInterval) {
  const auto times = all_of({2000, kStart, kStart + seconds(1), 5});
  EXPECT_GE(times.front(), kStart);
  EXPECT_LT(times.back(), kStart + seconds(1));
}

TEST(PoissonArrivalsTest, GivesOnlyWhatIsDueAndTheOldestFirst) {
  PoissonArrivals arrivals(1000, kStart, kStart + seconds(1), 5);
  arrivals.advance(kStart);
  EXPECT_FALSE(arrivals.take());
  const TimePoint first = arrivals.next_due();
  arrivals.advance(first);
  const TimePoint second = arrivals.next_due();
  ASSERT_GT(second, first);
  arrivals.advance(second);
  EXPECT_EQ(arrivals.waiting(), 2U);
  EXPECT_EQ(arrivals.most_waiting(), 2U);
  EXPECT_EQ(arrivals.take(), first);
  EXPECT_EQ(arrivals.take(), second);
  EXPECT_FALSE(arrivals.take());
}

TEST(PoissonArrivalsTest, HasNothingDueAfterTheEnd) {
  PoissonArrivals arrivals(1000, kStart, kStart + seconds(1), 5);
  arrivals.advance(kStart + seconds(1));
  EXPECT_EQ(arrivals.next_due(), kNever);
  EXPECT_EQ(arrivals.refused(), 0U);
}

}  // namespace
}  // namespace temper::client
