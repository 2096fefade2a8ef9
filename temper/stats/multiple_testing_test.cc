#include "temper/stats/multiple_testing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "temper/core/rng.h"

namespace temper::stats {
namespace {

TEST(HolmTest, RefusesWhatIsNoPValue) {
  EXPECT_FALSE(holm(std::vector<double>{0.5, NAN}).has_value());
  EXPECT_FALSE(holm(std::vector<double>{-0.1}).has_value());
  EXPECT_FALSE(benjamini_hochberg(std::vector<double>{1.5}).has_value());
}

TEST(HolmTest, NoTestsGiveNoAnswers) {
  EXPECT_TRUE(holm({}).value().empty());
  EXPECT_TRUE(benjamini_hochberg({}).value().empty());
}

TEST(HolmTest, IsNeverBelowBenjaminiHochberg) {
  Rng rng(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> p(1 + rng.below(30));
    for (double& x : p) x = rng.uniform() * rng.uniform();
    const auto family = holm(p).value();
    const auto discovery = benjamini_hochberg(p).value();
    for (std::size_t i = 0; i < p.size(); ++i) {
      EXPECT_GE(family[i], discovery[i]);
      EXPECT_GE(discovery[i], p[i]);
    }
  }
}

TEST(OnlineFdrTest, RefusesLevelsOutOfRange) {
  EXPECT_FALSE(OnlineFdr::create({.alpha = 0}).has_value());
  EXPECT_FALSE(OnlineFdr::create({.alpha = 0.05, .initial_wealth = 0.05}).has_value());
}

TEST(OnlineFdrTest, ARejectionEarnsLevelForTheNextTest) {
  auto with = OnlineFdr::create({}).value();
  auto without = OnlineFdr::create({}).value();
  EXPECT_TRUE(with.test(0));
  EXPECT_FALSE(without.test(1));
  EXPECT_GT(with.next_level(), without.next_level());
  EXPECT_FALSE(with.test(NAN));
  EXPECT_EQ(with.tests(), 2U);
  EXPECT_EQ(with.rejections(), 1U);
}

TEST(OnlineFdrTest, LevelsWithoutARejectionSumToLessThanTheWealth) {
  auto tests = OnlineFdr::create({.alpha = 0.1}).value();
  double spent = 0;
  for (int i = 0; i < 20'000; ++i) {
    spent += tests.next_level();
    (void)tests.test(1);
  }
  EXPECT_LE(spent, 0.05);
  EXPECT_GT(spent, 0.015);
}

TEST(OnlineFdrTest, KeepsTheShareOfFalseDiscoveries) {
  // 400 streams of 300 tests, one in five a true effect; the mean share of false ones among the
  // rejected is at most alpha but for the error of 400 runs.
  Rng rng(5);
  double sum = 0;
  for (int run = 0; run < 400; ++run) {
    auto tests = OnlineFdr::create({.alpha = 0.1}).value();
    double rejected = 0;
    double wrong = 0;
    for (int i = 0; i < 300; ++i) {
      const bool effect = rng.below(5) == 0;
      const double p = effect ? rng.uniform() * 1e-4 : rng.uniform();
      if (!tests.test(p)) continue;
      ++rejected;
      if (!effect) ++wrong;
    }
    sum += rejected > 0 ? wrong / rejected : 0;
  }
  EXPECT_LE(sum / 400, 0.1);
}

}  // namespace
}  // namespace temper::stats
