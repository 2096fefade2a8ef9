#include "temper/watch/drift/check.h"

#include <gtest/gtest.h>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

Window window_of(const Calibration& calibration, const RowsFixture& rows) {
  Window window(calibration);
  const std::vector<std::uint16_t> slots(rows.time_ns.size(), 0);
  window.add_rows(rows.time_ns, slots);
  const auto columns = rows.columns();
  std::vector<std::uint8_t> codes(rows.time_ns.size());
  for (std::size_t f = 0; f < columns.size(); ++f) {
    calibration.features[f].bins.encode(columns[f], codes);
    window.add_codes(f, codes);
  }
  return window;
}

TEST(CheckTest, NeverDecidesOnFewerRowsThanTheMinimum) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  const auto few = window_of(*calibration, make_rows(499, 2, 0, 5));
  for (const auto policy : {Policy::kCalibrated, Policy::kThreshold}) {
    EXPECT_FALSE(judge(*calibration, few, policy, std::nullopt, 0).has_value());
  }
}

TEST(CheckTest, IsQuietOnTheReferencesOwnKind) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  for (std::uint64_t seed = 10; seed < 60; ++seed) {
    const auto window = window_of(*calibration, make_rows(500, seed));
    const auto check = judge(*calibration, window, Policy::kCalibrated, std::nullopt, 0);
    ASSERT_TRUE(check.has_value());
    EXPECT_FALSE(check->drift) << seed;
    EXPECT_TRUE(check->fit_for_reference);
  }
}

TEST(CheckTest, NamesTheFeatureThatMoved) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  const auto window = window_of(*calibration, make_rows(500, 2, 0, 0.8));
  for (const auto policy : {Policy::kCalibrated, Policy::kThreshold}) {
    const auto check = judge(*calibration, window, policy, std::nullopt, 0);
    ASSERT_TRUE(check.has_value());
    EXPECT_TRUE(check->drift);
    EXPECT_TRUE(check->kinds.covariate);
    EXPECT_FALSE(check->fit_for_reference);
    EXPECT_TRUE(check->features[0].drift);
    EXPECT_FALSE(check->features[1].drift);
    EXPECT_FALSE(check->features[2].drift);
    EXPECT_NEAR(check->score, check->features[0].psi_corrected, 0);
  }
}

TEST(CheckTest, APredictionThatMovedIsPredictionDrift) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  auto rows = make_rows(500, 2);
  for (double& x : rows.numbers[1]) x += 2;
  for (const auto policy : {Policy::kCalibrated, Policy::kThreshold}) {
    const auto check = judge(*calibration, window_of(*calibration, rows), policy, std::nullopt, 0);
    ASSERT_TRUE(check.has_value());
    EXPECT_TRUE(check->kinds.prediction);
  }
}

TEST(CheckTest, MissingValuesAreAChangeOfTheirOwn) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  auto rows = make_rows(500, 2);
  for (std::size_t i = 0; i < 100; ++i) rows.numbers[0][5 * i] = NAN;
  const auto check =
      judge(*calibration, window_of(*calibration, rows), Policy::kCalibrated, std::nullopt, 0);
  ASSERT_TRUE(check.has_value());
  EXPECT_TRUE(check->features[0].drift);
  EXPECT_LT(check->features[0].psi_corrected, 0.05);
  EXPECT_EQ(check->features[0].missing_rate, 0.2);
  EXPECT_EQ(check->features[0].reference_missing_rate, 0);
}

TEST(CheckTest, ThresholdFollowsTheScoreAndTheAccuracyOnly) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  const auto window = window_of(*calibration, make_rows(500, 2));
  auto drop = accuracy_drop({.correct = 900, .labelled = 1000}, 1200, 2000).value();
  const auto check = judge(*calibration, window, Policy::kThreshold, drop, 0);
  ASSERT_TRUE(check.has_value());
  EXPECT_LE(check->score, kScoreTrigger);
  EXPECT_TRUE(check->kinds.concept_drift);
  EXPECT_TRUE(check->drift);
}

TEST(CheckTest, AlarmsSinceTheLastCheckAreDrift) {
  const auto calibration = make_calibration(make_rows(20'000, 1));
  const auto window = window_of(*calibration, make_rows(500, 2));
  const auto check = judge(*calibration, window, Policy::kCalibrated, std::nullopt, 1);
  ASSERT_TRUE(check.has_value());
  EXPECT_TRUE(check->drift);
  EXPECT_FALSE(check->kinds.any());
  EXPECT_FALSE(check->fit_for_reference);
}

TEST(CheckTest, AHugeWindowDoesNotAlarmAtASmallAllowedDistance) {
  // 200,000 rows, moved by a twentieth of a deviation (PSI 0.0025): certain, and of no concern.
  const auto calibration = make_calibration(make_rows(60'000, 1));
  const auto window = window_of(*calibration, make_rows(200'000, 2, 0, 0.05));
  const auto check = judge(*calibration, window, Policy::kCalibrated, std::nullopt, 0);
  ASSERT_TRUE(check.has_value());
  EXPECT_FALSE(check->drift);
  EXPECT_EQ(policy_of(policy_name(Policy::kThreshold)), Policy::kThreshold);
  EXPECT_FALSE(policy_of("loose").has_value());
}

}  // namespace
}  // namespace temper::drift
