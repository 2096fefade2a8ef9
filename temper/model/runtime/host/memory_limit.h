// The memory limit that a child of ours can live under.
#pragma once

#include <cstdint>

namespace temper::runtime {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// `bytes`, or 0 (no limit) in a program that a sanitizer instruments: its shadow memory counts as
/// data and is larger than any limit.
constexpr std::uint64_t enforceable_memory_limit(std::uint64_t bytes) {
  return kSanitized ? 0 : bytes;
}

}  // namespace temper::runtime
