#include "temper/core/clock.h"

#include <gtest/gtest.h>

namespace temper {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ManualClockTest, StandsStillUntilMoved) {
  ManualClock clock;
  const TimePoint start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(milliseconds(5));
  EXPECT_EQ(clock.now() - start, milliseconds(5));
}

TEST(ManualClockTest, MovesBothTimesTogether) {
  ManualClock clock(WallTime(seconds(100)));
  clock.advance(seconds(3));
  EXPECT_EQ(clock.wall_now(), WallTime(seconds(103)));
  EXPECT_EQ(clock.now(), TimePoint(seconds(3)));
}

TEST(SystemClockTest, NeverRunsBackwards) {
  const Clock& clock = system_clock_instance();
  TimePoint last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClockTest, ASleepLastsAtLeastAsLongAsAsked) {
  const TimePoint start = system_clock_instance().now();
  sleep_for(milliseconds(1));
  EXPECT_GE(system_clock_instance().now() - start, milliseconds(1));
}

TEST(SystemClockTest, TellsAWallTimeAfterTheYear2020) {
  EXPECT_GT(system_clock_instance().wall_now(), WallTime(seconds(1'577'836'800)));
}

}  // namespace
}  // namespace temper
