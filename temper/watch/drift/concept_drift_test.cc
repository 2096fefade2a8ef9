#include "temper/watch/drift/concept_drift.h"

#include <gtest/gtest.h>

namespace temper::drift {
namespace {

constexpr BaselineAccuracy kBaseline{.correct = 9000, .labelled = 10'000};

TEST(ConceptDriftTest, IsUnknownWithoutLabelsOrBaseline) {
  EXPECT_FALSE(accuracy_drop(kBaseline, 0, 0).value().has_value());
  EXPECT_FALSE(accuracy_drop({}, 10, 20).value().has_value());
  EXPECT_FALSE(accuracy_drop(kBaseline, 3, 2).has_value());
}

TEST(ConceptDriftTest, TenPointsDownOnManyLabelsIsDrift) {
  const auto drop = accuracy_drop(kBaseline, 1600, 2000).value().value();
  EXPECT_NEAR(drop.points, 10, 1e-9);
  EXPECT_GT(drop.low, 0);
  EXPECT_LT(drop.low, drop.points);
  EXPECT_GT(drop.high, drop.points);
  EXPECT_TRUE(drop.drift);
}

TEST(ConceptDriftTest, TenPointsDownOnFewLabelsIsNot) {
  const auto drop = accuracy_drop(kBaseline, 80, 100).value().value();
  EXPECT_NEAR(drop.points, 10, 1e-9);
  EXPECT_LT(drop.low, 0);
  EXPECT_FALSE(drop.drift);
}

TEST(ConceptDriftTest, LessThanFivePointsIsNotHoweverCertain) {
  const auto drop = accuracy_drop(kBaseline, 85'100, 100'000).value().value();
  EXPECT_GT(drop.low, 0);
  EXPECT_FALSE(drop.drift);
}

TEST(ConceptDriftTest, ARiseIsNegative) {
  const auto drop = accuracy_drop(kBaseline, 1960, 2000).value().value();
  EXPECT_NEAR(drop.points, -8, 1e-9);
  EXPECT_FALSE(drop.drift);
}

}  // namespace
}  // namespace temper::drift
