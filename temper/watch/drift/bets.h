// What the sequential detector bets on: the kinds of change a feature may undergo.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace temper::drift {

/// Exponential tilts of a binned distribution, each a bet on one kind of change: the values move up
/// or down (half of the stake), spread or gather (a fifth), or one bin fills (the rest).
///
/// A bet with tilt t multiplies the odds of bin b by exp(t[b]); its log likelihood ratio for a row
/// in bin b is t[b] - log sum_b' p[b'] exp(t[b']), an e-value under p whatever p is.
/// The smallest shift bet on is a quarter of a deviation: what is smaller than an eighth is
/// allowed.
struct Bets {
  /// One per bet; sums to 1.
  std::vector<double> weights;
  /// [bets * bins], bet-major.
  std::vector<double> tilts;
  /// Which score a bet tilts by: 0 = rank, 1 = spread, 2 + b = bin b.
  std::vector<std::size_t> groups;
  /// [groups * bins], group-major: the scores themselves.
  std::vector<double> scores;
  std::size_t bins = 0;

  [[nodiscard]] std::size_t size() const { return weights.size(); }
  [[nodiscard]] std::size_t group_count() const { return bins + 2; }
};

/// Bets on a feature with these shares, [bins >= 1], summing to 1; bins in their order.
[[nodiscard]] Bets make_bets(std::span<const double> shares);

/// Log likelihood ratios, [slots * bins * bets] with bets innermost, for shares [slots * bins],
/// each times the tempering of its bet (see FeatureCalibration::tempering), [bets].
///
/// The shares are known from `reference_rows` only, and small changes are allowed: the bets pay as
/// if their expected odds were three standard errors higher, and a bet on a bin as if that bin held
/// a quarter more. A bet stays an e-value under every distribution within that.
[[nodiscard]] std::vector<float> bet_table(const Bets& bets, std::span<const double> slot_shares,
                                           std::span<const double> tempering,
                                           double reference_rows);

}  // namespace temper::drift
