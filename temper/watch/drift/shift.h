// A change of stated size, made to order: what detection is rehearsed on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "temper/core/rng.h"

namespace temper::drift {

/// Moves coded values monotonically so that shares p become the exponential tilt q of p by rank
/// with population stability index `psi` from p.
///
/// A value at a random rank within its bin is given the bin of q that holds this rank: values keep
/// their order, and rows what ties them to each other.
class Shift {
 public:
  /// `shares` sum to 1, [bins >= 1]. Where no tilt reaches `psi` (one bin holds nearly all) the
  /// largest is taken.
  Shift(std::span<const double> shares, double psi, bool downward);

  [[nodiscard]] std::uint8_t apply(std::uint8_t code, Rng& rng) const;
  /// The index that was reached.
  [[nodiscard]] double psi() const { return psi_; }

 private:
  std::vector<double> shares_;
  // Ranks at which the bins of p begin, and at which those of q end.
  std::vector<double> begins_;
  std::vector<double> ends_;
  double psi_ = 0;
};

}  // namespace temper::drift
