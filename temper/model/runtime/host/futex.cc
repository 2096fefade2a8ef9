#include "temper/model/runtime/host/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace temper::runtime {

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                TimePoint deadline) {
  static_assert(sizeof(word) == sizeof(std::uint32_t));
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  // An absolute time on CLOCK_MONOTONIC, which is what TimePoint counts on.
  timespec until{};
  if (deadline != kNever) {
    const auto since_boot = deadline.time_since_epoch();
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
    until.tv_sec = whole.count();
    until.tv_nsec = (since_boot - whole).count();
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, deadline == kNever ? nullptr : &until,
            nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace temper::runtime
