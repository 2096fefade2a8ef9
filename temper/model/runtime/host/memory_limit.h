// The memory limit that a child of ours can live under.
#pragma once

#include <cstdint>

#if defined(__has_feature)
#define TEMPER_HAS_SANITIZER (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define TEMPER_HAS_SANITIZER 0
#endif

/// 1 in a program that a sanitizer instruments. A macro, so that a test that needs a limit is not
/// built there at all: a skipped test would count as one that failed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || TEMPER_HAS_SANITIZER
#define TEMPER_SANITIZED 1
#else
#define TEMPER_SANITIZED 0
#endif

namespace temper::runtime {

/// `bytes`, or 0 (no limit) in a program that a sanitizer instruments: its shadow memory counts as
/// data and is larger than any limit.
constexpr std::uint64_t enforceable_memory_limit(std::uint64_t bytes) {
  return TEMPER_SANITIZED ? 0 : bytes;
}

}  // namespace temper::runtime
