#include "temper/watch/drift/bets.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace temper::drift {
namespace {

const std::vector<double> kShares{0.1, 0.2, 0.3, 0.3, 0.0999, 0.0001};

TEST(BetsTest, TheStakesSumToOne) {
  const auto bets = make_bets(kShares);
  EXPECT_NEAR(std::accumulate(bets.weights.begin(), bets.weights.end(), 0.0), 1, 1e-12);
  EXPECT_EQ(bets.tilts.size(), bets.size() * kShares.size());
  EXPECT_EQ(bets.groups.size(), bets.size());
}

TEST(BetsTest, EveryBetIsAnEValueUnderTheReference) {
  const auto bets = make_bets(kShares);
  const std::vector<double> whole(bets.size(), 1.0);
  const auto table = bet_table(bets, kShares, whole, 1e12);
  for (std::size_t bet = 0; bet < bets.size(); ++bet) {
    double expected = 0;
    for (std::size_t b = 0; b < kShares.size(); ++b) {
      expected += kShares[b] * std::exp(static_cast<double>(table[b * bets.size() + bet]));
    }
    EXPECT_LE(expected, 1 + 1e-5) << bet;
    EXPECT_GT(expected, 0.6) << bet;
  }
}

TEST(BetsTest, BetsOnABinStayEValuesWhileItHoldsAQuarterMore) {
  const auto bets = make_bets(kShares);
  const std::vector<double> whole(bets.size(), 1.0);
  const auto table = bet_table(bets, kShares, whole, 1e12);
  for (std::size_t b = 0; b < kShares.size(); ++b) {
    const std::size_t bet = bets.size() - kShares.size() + b;
    const double more = 1.25 * kShares[b];
    double expected = 0;
    for (std::size_t other = 0; other < kShares.size(); ++other) {
      const double share = other == b ? more : kShares[other] * (1 - more) / (1 - kShares[b]);
      expected += share * std::exp(static_cast<double>(table[other * bets.size() + bet]));
    }
    EXPECT_LE(expected, 1 + 1e-5) << b;
  }
}

TEST(BetsTest, AShortReferencePaysForWhatItDoesNotKnow) {
  const auto bets = make_bets(kShares);
  const std::vector<double> whole(bets.size(), 1.0);
  const auto known = bet_table(bets, kShares, whole, 1e6);
  const auto guessed = bet_table(bets, kShares, whole, 1e3);
  for (std::size_t i = 0; i < known.size(); ++i) EXPECT_LE(guessed[i], known[i]);
}

}  // namespace
}  // namespace temper::drift
