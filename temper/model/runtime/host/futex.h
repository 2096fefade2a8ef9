// Waiting on a word of memory that two processes share.
#pragma once

#include <atomic>
#include <cstdint>

#include "temper/core/clock.h"

namespace temper::runtime {

/// Sleeps while `word` holds `expected`, until woken or `deadline`. May return early for no reason.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                TimePoint deadline = kNever);

void futex_wake_all(std::atomic<std::uint32_t>& word);

}  // namespace temper::runtime
