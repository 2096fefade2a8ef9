#include "temper/watch/drift/shift.h"

#include <gtest/gtest.h>

#include <cmath>

namespace temper::drift {
namespace {

TEST(ShiftTest, ReachesTheIndexThatWasAsked) {
  const std::vector<double> tenths(10, 0.1);
  for (const double psi : {0.05, 0.1, 0.2, 0.5}) {
    EXPECT_NEAR(Shift(tenths, psi, false).psi(), psi, 1e-6);
    EXPECT_NEAR(Shift(tenths, psi, true).psi(), psi, 1e-6);
  }
}

TEST(ShiftTest, MovesARowsValueOneWayOnly) {
  const std::vector<double> shares{0.3, 0.1, 0.2, 0.4};
  const Shift up(shares, 0.3, false);
  const Shift down(shares, 0.3, true);
  Rng rng(1);
  for (int i = 0; i < 2000; ++i) {
    const auto code = static_cast<std::uint8_t>(rng.below(4));
    EXPECT_GE(up.apply(code, rng), code);
    EXPECT_LE(down.apply(code, rng), code);
  }
}

TEST(ShiftTest, TheMovedSharesHaveThatIndexFromTheOldOnes) {
  const std::vector<double> shares(10, 0.1);
  const Shift shift(shares, 0.2, false);
  Rng rng(2);
  constexpr int kRows = 200'000;
  std::vector<double> moved(10, 0.0);
  for (int i = 0; i < kRows; ++i) {
    moved[shift.apply(static_cast<std::uint8_t>(rng.below(10)), rng)] += 1.0 / kRows;
  }
  double psi = 0;
  for (const double q : moved) psi += (q - 0.1) * std::log(q / 0.1);
  EXPECT_NEAR(psi, 0.2, 0.01);
}

TEST(ShiftTest, OneFullBinCannotBeMoved) {
  const Shift shift(std::vector<double>{0, 1, 0}, 0.2, false);
  Rng rng(3);
  EXPECT_EQ(shift.apply(1, rng), 1);
  EXPECT_EQ(shift.psi(), 0);
}

}  // namespace
}  // namespace temper::drift
