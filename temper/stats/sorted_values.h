// Sorting numbers fast: what batch comparison and sketches spend their time on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace temper::stats {

/// Sorts doubles by their bits, in buffers that it keeps.
///
/// Shapes:  any length; the result has the values without the NaN, ascending, and stays valid until
///          the next call.
/// Value:   -0 and +0 may stand in either order among themselves.
/// Cost:    three passes of 11 bits over the 33 highest bits, then one insertion pass for values
/// that
///          agree in those; where that would move too much (clustered values), six passes over all
///          bits. A digit that is the same in all values costs no pass, so small
///          integers and constants sort faster.
/// Threads: one sorter per thread.
/// Source:  LSD radix sort (Knuth, volume 3, 5.2.5) with an insertion finish as in 5.2.2.
class Sorter {
 public:
  /// The sorted values; `missing()` then tells how many NaN were left out.
  std::span<const double> sort(std::span<const double> values);
  [[nodiscard]] std::size_t missing() const { return missing_; }

 private:
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint64_t> spare_;
  std::vector<double> sorted_;
  std::size_t missing_ = 0;
};

/// Sorts a short sample without NaN where it lies; up to `kShortSample` values by radix in buffers
/// on the stack (32 KiB), longer ones by comparison.
inline constexpr std::size_t kShortSample = 2048;
void sort_short(std::span<double> values);

}  // namespace temper::stats
