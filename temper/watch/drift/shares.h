// Shares of bins given the season, and the distance of counts from what they lead one to expect.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace temper::drift {

/// Shares per slot, [slots * bins], from counts of the same shape: each slot is drawn towards the
/// whole by the weight of 20 rows, the whole smoothed by half a row a bin. All are positive.
[[nodiscard]] std::vector<double> slot_shares(std::span<const double> counts, std::size_t bins);

/// Pearson's chi-square of observed counts against expected ones, [bins] each, with two rows added
/// below the bar of each bin: one that the reference hardly saw needs more than a handful of rows
/// to count. About rows * PSI for small distances.
[[nodiscard]] double chi_square_distance(std::span<const double> observed,
                                         std::span<const double> expected);

}  // namespace temper::drift
