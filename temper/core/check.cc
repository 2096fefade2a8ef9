#include "temper/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace temper {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "temper: invariant broken at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace temper
