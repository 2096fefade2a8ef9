#include "temper/stats/noncentral_chi_square.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace temper::stats {
namespace {

TEST(NoncentralChiSquareTest, AgreesWithScipy) {
  // scipy 1.17.1: ncx2.sf and chi2.sf.
  EXPECT_NEAR(noncentral_chi_square_upper(20, 9, 5), 0.15912348526970627, 1e-9);
  EXPECT_NEAR(noncentral_chi_square_upper(80, 9, 5) / 1.9900243834449167e-09, 1, 1e-6);
  EXPECT_NEAR(noncentral_chi_square_upper(20, 9, 0), 0.017912404529843298, 1e-9);
}

TEST(NoncentralChiSquareTest, TheEndsAreOneAndZero) {
  EXPECT_EQ(noncentral_chi_square_upper(0, 4, 1), 1);
  EXPECT_EQ(noncentral_chi_square_upper(-3, 4, 1), 1);
  EXPECT_EQ(noncentral_chi_square_upper(std::numeric_limits<double>::infinity(), 4, 1), 0);
}

TEST(NormalScoresTest, AreCentredScaledAndRising) {
  const std::vector<double> shares{0.1, 0.5, 0.2, 0.2};
  const auto scores = normal_scores(shares);
  double mean = 0;
  double variance = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    mean += shares[i] * scores[i];
    variance += shares[i] * scores[i] * scores[i];
    if (i > 0) {
      EXPECT_GT(scores[i], scores[i - 1]);
    }
  }
  EXPECT_NEAR(mean, 0, 1e-12);
  EXPECT_NEAR(variance, 1, 1e-12);
}

TEST(NormalScoresTest, OneFullBinGivesZeros) {
  EXPECT_EQ(normal_scores(std::vector<double>{0, 1, 0})[1], 0);
  EXPECT_TRUE(normal_scores({}).empty());
}

}  // namespace
}  // namespace temper::stats
