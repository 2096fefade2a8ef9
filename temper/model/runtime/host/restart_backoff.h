// When a dead host comes back.
#pragma once

#include "temper/core/clock.h"
#include "temper/core/rng.h"

namespace temper::runtime {

struct RestartBackoffConfig {
  Duration first_delay = std::chrono::milliseconds(100);
  Duration longest_delay = std::chrono::seconds(30);
  /// A host that lived this long was healthy: its death begins a new row.
  Duration healthy_after = std::chrono::seconds(10);
};

/// A step machine: one death in, one delay out.
class RestartBackoff {
 public:
  explicit RestartBackoff(RestartBackoffConfig config) : config_(config) {}

  /// Delay before the next start, after a child that lived for `lived` (0 where it could not even
  /// start): the first delay doubled with each death in a row up to the longest, then times a
  /// random factor in [0.5, 1), so that many hosts that died together do not return together.
  [[nodiscard]] Duration next_delay(Duration lived, Rng& rng);

 private:
  RestartBackoffConfig config_;
  int deaths_in_a_row_ = 0;
};

}  // namespace temper::runtime
