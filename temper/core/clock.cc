#include "temper/core/clock.h"

#include <thread>

namespace temper {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }
WallTime SystemClock::wall_now() const { return std::chrono::system_clock::now(); }

const Clock& system_clock_instance() {
  static const SystemClock clock;
  return clock;
}

void sleep_for(Duration duration) { std::this_thread::sleep_for(duration); }

}  // namespace temper
