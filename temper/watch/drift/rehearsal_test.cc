#include "temper/watch/drift/rehearsal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

RehearsalConfig small(Policy policy) {
  return {.policy = policy,
          .calibration = {},
          .streams = 300,
          .shifted_streams = 60,
          .shifts = {0.2, 0.5},
          .seed = 1};
}

TEST(RehearsalTest, RefusesAReferenceTooShortToHoldAnyOut) {
  const auto rows = make_rows(3000, 1);
  const auto columns = rows.reference();
  EXPECT_FALSE(rehearse({.time_ns = {}, .columns = columns}, small(Policy::kCalibrated), nullptr));
  EXPECT_FALSE(rehearse({.time_ns = {}, .columns = {}}, small(Policy::kCalibrated), nullptr));
}

TEST(RehearsalTest, IndependentRowsAreQuietAndShiftsAreFound) {
  const auto rows = make_rows(30'000, 1);
  const auto columns = rows.reference();
  const auto result =
      rehearse({.time_ns = {}, .columns = columns}, small(Policy::kCalibrated), nullptr);
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->time_order);
  EXPECT_GE(result->streams, 300U);
  EXPECT_EQ(result->independent_streams, result->streams);
  EXPECT_EQ(result->false_alarms, 0U);
  EXPECT_GT(result->high, 0);
  ASSERT_EQ(result->detection.size(), 2U);
  for (const auto& detection : result->detection) {
    EXPECT_EQ(detection.power, 1);
    EXPECT_LE(detection.delay_rows_p50.value(), 400U);
    EXPECT_LE(detection.delay_rows_p95.value(), 800U);
  }
  EXPECT_LT(result->detection[1].delay_rows_p50, result->detection[0].delay_rows_p50);
}

// Values that follow the hour: the season explains them, and only the calibrated policy knows.
RowsFixture seasonal_rows() {
  auto rows = make_rows(60'000, 1);
  for (std::size_t i = 0; i < rows.time_ns.size(); ++i) {
    const auto hour = rows.time_ns[i] / (60 * kMinuteNs) % 24;
    rows.numbers[0][i] += hour < 12 ? 1.5 : -1.5;
  }
  return rows;
}

TEST(RehearsalTest, ASeasonAlarmsTheThresholdPolicyAndNotTheCalibrated) {
  const auto rows = seasonal_rows();
  const auto columns = rows.reference();
  const ReferenceRows reference{.time_ns = rows.time_ns, .columns = columns};
  auto config = small(Policy::kCalibrated);
  config.calibration.period_ns = 24 * 60 * kMinuteNs;
  const auto calibrated = rehearse(reference, config, nullptr);
  config.policy = Policy::kThreshold;
  const auto threshold = rehearse(reference, config, nullptr);
  ASSERT_TRUE(calibrated && threshold);
  EXPECT_TRUE(calibrated->time_order);
  EXPECT_EQ(calibrated->false_alarms, 0U);
  EXPECT_GT(threshold->false_alarm_rate, 0.5);
  EXPECT_EQ(threshold->false_alarms_by_feature[0].first, "x0");
  EXPECT_EQ(threshold->sequential_alarms, 0U);
}

TEST(RehearsalTest, OverlappingPassesDoNotNarrowTheInterval) {
  const auto rows = make_rows(20'000, 1);
  const auto columns = rows.reference();
  auto config = small(Policy::kCalibrated);
  config.shifted_streams = 0;
  const auto result = rehearse({.time_ns = rows.time_ns, .columns = columns}, config, nullptr);
  ASSERT_TRUE(result.has_value());
  EXPECT_GE(result->streams, 300U);
  EXPECT_LE(result->independent_streams, 40U);
  EXPECT_GT(result->high, 0.05);
  EXPECT_TRUE(result->detection.empty());
}

TEST(RehearsalTest, TheSameSeedGivesTheSameFigures) {
  const auto rows = make_rows(20'000, 1);
  const auto columns = rows.reference();
  const ReferenceRows reference{.time_ns = {}, .columns = columns};
  const auto first = rehearse(reference, small(Policy::kCalibrated), nullptr);
  const auto second = rehearse(reference, small(Policy::kCalibrated), nullptr);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->detection[0].delay_rows_p95, second->detection[0].delay_rows_p95);
  EXPECT_EQ(first->false_alarm_rate, second->false_alarm_rate);
}

}  // namespace
}  // namespace temper::drift
