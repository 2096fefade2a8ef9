#include "temper/stats/e_detector.h"

#include <gtest/gtest.h>

#include <cmath>

#include "temper/core/rng.h"

namespace temper::stats {
namespace {

// log of the likelihood ratio of N(shift, 1) against N(0, 1).
double log_ratio(double x, double shift) { return shift * x - shift * shift / 2; }

TEST(EDetectorTest, RefusesAMixtureThatIsNone) {
  EXPECT_FALSE(EDetector::create({}, 4).has_value());
  EXPECT_FALSE(EDetector::create({1, 0}, 4).has_value());
  EXPECT_FALSE(EDetector::create({1, NAN}, 4).has_value());
  EXPECT_FALSE(EDetector::create({1}, 0).has_value());
}

TEST(EDetectorTest, CountsTheStepsWhenNothingIsEvidence) {
  auto detector = EDetector::create({2, 6}, 4).value();
  EXPECT_EQ(detector.log_value(), -INFINITY);
  for (int i = 0; i < 7; ++i) detector.update(std::vector<double>{0, NAN});
  EXPECT_NEAR(detector.log_value(), std::log(7.0), 1e-12);
}

TEST(EDetectorTest, OneStepNeverCountsMoreThanItsLimit) {
  auto detector = EDetector::create({1}, 4).value();
  detector.update(std::vector<double>{1e9});
  EXPECT_NEAR(detector.log_value(), 4, 1e-12);
  for (int i = 0; i < 1000; ++i) detector.update(std::vector<double>{INFINITY});
  EXPECT_TRUE(std::isfinite(detector.log_value()));
}

TEST(EDetectorTest, GoesOnFromItsStoredSums) {
  auto whole = EDetector::create({1, 1}, 4).value();
  auto second = EDetector::create({1, 1}, 4).value();
  Rng rng(2);
  std::vector<double> steps(2);
  for (int i = 0; i < 40; ++i) {
    for (double& s : steps) s = log_ratio(rng.normal(), 0.5);
    whole.update(steps);
    if (i < 20) second.update(steps);
    if (i == 20) {
      auto restored = EDetector::create({1, 1}, 4).value();
      ASSERT_TRUE(restored.restore(second.sums()).has_value());
      second = restored;
    }
    if (i >= 20) second.update(steps);
  }
  EXPECT_EQ(whole.log_value(), second.log_value());
  EXPECT_FALSE(second.restore(std::vector<double>{1}).has_value());
  EXPECT_FALSE(second.restore(std::vector<double>{1, NAN}).has_value());
}

TEST(EDetectorTest, RunsAtLeastAsLongAsItsThresholdWhileNothingChanges) {
  // Threshold 200: the mean run of 300 streams, cut at 4,000 steps each, stays above 200.
  Rng rng(23);
  double steps_run = 0;
  for (int run = 0; run < 300; ++run) {
    auto detector = EDetector::create({1, 1}, 50).value();
    int step = 0;
    for (; step < 4000 && detector.log_value() < std::log(200.0); ++step) {
      const double x = rng.normal();
      detector.update(std::vector<double>{log_ratio(x, 0.5), log_ratio(x, -0.5)});
    }
    steps_run += step;
  }
  EXPECT_GE(steps_run / 300, 200);
}

TEST(EDetectorTest, FindsAChangeAndNamesTheBetThatWon) {
  auto detector = EDetector::create({1, 1}, 50).value();
  Rng rng(29);
  int step = 0;
  for (; step < 2000 && detector.log_value() < std::log(1e5); ++step) {
    const double x = rng.normal() + (step >= 100 ? -0.6 : 0);
    detector.update(std::vector<double>{log_ratio(x, 0.5), log_ratio(x, -0.5)});
  }
  EXPECT_GE(step, 100);
  EXPECT_LE(step, 250);
  EXPECT_EQ(detector.leading_component(), 1U);
  detector.reset();
  EXPECT_EQ(detector.log_value(), -INFINITY);
}

}  // namespace
}  // namespace temper::stats
