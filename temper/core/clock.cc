#include "temper/core/clock.h"

#include <thread>

namespace temper {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }
WallTime SystemClock::wall_now() const { return std::chrono::system_clock::now(); }

const Clock& system_clock_instance() {
  // Never destroyed: threads that outlive main's statics, such as a watch on deadlines, still read
  // it.
  static const auto* const kClock = new SystemClock;
  return *kClock;
}

void sleep_for(Duration duration) { std::this_thread::sleep_for(duration); }

}  // namespace temper
