#include "temper/watch/drift/bets.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "temper/stats/noncentral_chi_square.h"

namespace temper::drift {
namespace {

constexpr std::array<double, 6> kMoves = {0.25, -0.25, 0.5, -0.5, 1.0, -1.0};
constexpr std::array<double, 4> kSpreads = {0.3, -0.3, 0.6, -0.6};
constexpr double kFillOdds = 3;
constexpr double kAllowedFill = 0.25;
constexpr double kStandardErrors = 3;
constexpr double kMoveStake = 0.5;
constexpr double kSpreadStake = 0.2;
constexpr double kFillStake = 0.3;

// The square of the rank score, made orthogonal to it and scaled; zeros where there is no spread.
std::vector<double> spread_scores(std::span<const double> shares, std::span<const double> rank) {
  const std::size_t bins = shares.size();
  std::vector<double> spread(bins);
  double mean = 0;
  double overlap = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    spread[b] = rank[b] * rank[b];
    mean += shares[b] * spread[b];
  }
  for (std::size_t b = 0; b < bins; ++b) {
    spread[b] -= mean;
    overlap += shares[b] * spread[b] * rank[b];
  }
  double variance = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    spread[b] -= overlap * rank[b];
    variance += shares[b] * spread[b] * spread[b];
  }
  const double scale = variance > 1e-6 ? 1 / std::sqrt(variance) : 0;
  for (double& s : spread) s *= scale;
  return spread;
}

void add_bet(Bets& bets, std::size_t group, double theta, double weight) {
  bets.weights.push_back(weight);
  bets.groups.push_back(group);
  for (std::size_t b = 0; b < bets.bins; ++b) {
    bets.tilts.push_back(theta * bets.scores[group * bets.bins + b]);
  }
}

// The expected odds of a bet under the shares, raised by their sampling error and by `allowed` of
// what the bet wins on.
double highest_mean(std::span<const double> shares, std::span<const double> odds,
                    double reference_rows, double allowed) {
  double mean = 0;
  double square = 0;
  for (std::size_t b = 0; b < shares.size(); ++b) {
    mean += shares[b] * odds[b];
    square += shares[b] * odds[b] * odds[b];
  }
  const double error = std::sqrt(std::max(0.0, square - mean * mean) / reference_rows);
  return mean + kStandardErrors * error + allowed * (mean - 1);
}

}  // namespace

Bets make_bets(std::span<const double> shares) {
  Bets bets;
  bets.bins = shares.size();
  bets.scores = stats::normal_scores(shares);
  const auto spread = spread_scores(shares, bets.scores);
  bets.scores.insert(bets.scores.end(), spread.begin(), spread.end());
  for (std::size_t b = 0; b < bets.bins; ++b) {
    for (std::size_t other = 0; other < bets.bins; ++other) {
      bets.scores.push_back(other == b ? 1.0 : 0.0);
    }
  }
  for (const double theta : kMoves) {
    add_bet(bets, 0, theta, kMoveStake / static_cast<double>(kMoves.size()));
  }
  for (const double theta : kSpreads) {
    add_bet(bets, 1, theta, kSpreadStake / static_cast<double>(kSpreads.size()));
  }
  for (std::size_t b = 0; b < bets.bins; ++b) {
    add_bet(bets, 2 + b, std::log(kFillOdds), kFillStake / static_cast<double>(bets.bins));
  }
  return bets;
}

std::vector<float> bet_table(const Bets& bets, std::span<const double> slot_shares,
                             std::span<const double> tempering, double reference_rows) {
  const std::size_t slots = slot_shares.size() / bets.bins;
  std::vector<double> odds(bets.tilts.size());
  for (std::size_t i = 0; i < odds.size(); ++i) odds[i] = std::exp(bets.tilts[i]);
  std::vector<float> table(slots * bets.bins * bets.size());
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const auto shares = slot_shares.subspan(slot * bets.bins, bets.bins);
    for (std::size_t bet = 0; bet < bets.size(); ++bet) {
      const bool fill = bets.groups[bet] >= 2;
      const double log_mean =
          std::log(highest_mean(shares, std::span(odds).subspan(bet * bets.bins, bets.bins),
                                reference_rows, fill ? kAllowedFill : 0));
      for (std::size_t b = 0; b < bets.bins; ++b) {
        table[(slot * bets.bins + b) * bets.size() + bet] =
            static_cast<float>(tempering[bet] * (bets.tilts[bet * bets.bins + b] - log_mean));
      }
    }
  }
  return table;
}

}  // namespace temper::drift
