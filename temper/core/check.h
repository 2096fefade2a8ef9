// A broken invariant is a bug: TEMPER_CHECK stays on in release builds and stops the process.
#pragma once

namespace temper {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace temper

#define TEMPER_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::temper::check_failed(#condition, __FILE__, __LINE__))
