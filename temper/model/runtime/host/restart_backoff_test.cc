#include "temper/model/runtime/host/restart_backoff.h"

#include <gtest/gtest.h>

namespace temper::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

RestartBackoff backoff() {
  return RestartBackoff({.first_delay = milliseconds(100),
                         .longest_delay = seconds(2),
                         .healthy_after = seconds(10)});
}

TEST(RestartBackoffTest, DoublesUpToTheLongestDelayWithJitterBelowIt) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    RestartBackoff machine = backoff();
    Rng rng(seed);
    for (const int full_ms : {100, 200, 400, 800, 1600, 2000, 2000}) {
      const Duration delay = machine.next_delay(Duration{0}, rng);
      EXPECT_GE(delay, milliseconds(full_ms) / 2);
      EXPECT_LT(delay, milliseconds(full_ms));
    }
  }
}

TEST(RestartBackoffTest, StaysAtTheLongestHoweverManyDeathsThereWere) {
  RestartBackoff machine = backoff();
  Rng rng(1);
  for (int k = 0; k < 10'000; ++k) EXPECT_LT(machine.next_delay(Duration{0}, rng), seconds(2));
}

TEST(RestartBackoffTest, ADeathAfterAHealthyLifeBeginsAnew) {
  RestartBackoff machine = backoff();
  Rng rng(1);
  for (int k = 0; k < 5; ++k) EXPECT_GT(machine.next_delay(Duration{0}, rng), Duration{0});
  EXPECT_LT(machine.next_delay(seconds(10), rng), milliseconds(100));
  EXPECT_GE(machine.next_delay(seconds(10) - Duration{1}, rng), milliseconds(100));
}

}  // namespace
}  // namespace temper::runtime
