#include "temper/watch/drift/cbpe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "temper/core/rng.h"

namespace temper::drift {
namespace {

// Confidences uniform in [low, 1]; right as often as they say, less `overconfidence`.
ConfidenceReference reference(std::size_t rows, double low, double overconfidence) {
  Rng rng(3);
  ConfidenceReference out;
  for (std::size_t i = 0; i < rows; ++i) {
    const double c = low + (1 - low) * rng.uniform();
    out.add(c, rng.uniform() < c - overconfidence);
  }
  return out;
}

TEST(CbpeTest, TheConfidenceIsThatOfTheAnswer) {
  EXPECT_EQ(confidence(std::vector<double>{0.2}), 0.8);
  EXPECT_EQ(confidence(std::vector<double>{0.2, 0.7, 0.1}), 0.7);
  EXPECT_TRUE(std::isnan(confidence({})));
  EXPECT_TRUE(std::isnan(confidence(std::vector<double>{0.5, 1.5})));
}

TEST(CbpeTest, EstimatesTheAccuracyOfLessConfidentRows) {
  const auto held_out = reference(20'000, 0.5, 0);
  Rng rng(5);
  std::vector<double> live(5000);
  for (double& c : live) c = 0.5 + 0.3 * rng.uniform();
  const auto estimate = estimate_accuracy(held_out, live, {});
  ASSERT_FALSE(estimate.refusal.has_value());
  // Right as often as they say: 0.65 on average.
  EXPECT_LE(estimate.low, 0.65);
  EXPECT_GE(estimate.high, 0.65);
  EXPECT_LT(estimate.high - estimate.low, 0.05);
}

TEST(CbpeTest, RefusesFewRows) {
  const auto held_out = reference(20'000, 0.5, 0);
  const std::vector<double> live(100, 0.9);
  EXPECT_EQ(estimate_accuracy(held_out, live, {}).refusal, CbpeRefusal::kTooFewRows);
  EXPECT_EQ(cbpe_refusal_name(CbpeRefusal::kTooFewRows), "too_few_rows");
}

TEST(CbpeTest, RefusesAModelThatIsNotCalibrated) {
  const auto held_out = reference(20'000, 0.5, 0.3);
  const std::vector<double> live(1000, 0.9);
  EXPECT_EQ(estimate_accuracy(held_out, live, {}).refusal, CbpeRefusal::kNotCalibrated);
}

TEST(CbpeTest, RefusesConfidencesThatTheReferenceNeverHad) {
  const auto held_out = reference(20'000, 0.8, 0);
  std::vector<double> live(1000, 0.9);
  for (std::size_t i = 0; i < 50; ++i) live[i] = 0.55;
  EXPECT_EQ(estimate_accuracy(held_out, live, {}).refusal, CbpeRefusal::kNoOverlap);
}

TEST(CbpeTest, PartsMergeIntoTheWhole) {
  auto left = reference(1000, 0.5, 0);
  const auto right = reference(700, 0.6, 0);
  left.merge(right);
  EXPECT_EQ(left.rows(), 1700U);
}

}  // namespace
}  // namespace temper::drift
