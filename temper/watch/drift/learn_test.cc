#include "temper/watch/drift/learn.h"

#include <gtest/gtest.h>

#include <cmath>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

TEST(LearnTest, RefusesWhatCannotBeLearnedFrom) {
  const auto rows = make_rows(300, 1);
  auto columns = rows.reference();
  EXPECT_FALSE(learn({.time_ns = {}, .columns = {}}, {}).has_value());
  EXPECT_FALSE(learn({.time_ns = {}, .columns = columns}, {.window_rows = 1}).has_value());
  const std::vector<double> shorter(10, 0.0);
  columns[0].values.numbers = shorter;
  EXPECT_FALSE(learn({.time_ns = {}, .columns = columns}, {}).has_value());
  const auto few = make_rows(50, 1);
  const auto few_columns = few.reference();
  EXPECT_FALSE(learn({.time_ns = {}, .columns = few_columns}, {}).has_value());
}

TEST(LearnTest, IndependentRowsAreNotTempered) {
  const auto calibration = make_calibration(make_rows(30'000, 2));
  for (const auto& feature : calibration->features) {
    for (const double tempering : feature.tempering) EXPECT_GT(tempering, 0.6);
    EXPECT_LT(feature.threshold, 25);
    EXPECT_GE(feature.nulls.size(), 2U);
    EXPECT_EQ(feature.nulls[0].rows, 500U);
  }
}

TEST(LearnTest, RowsThatHangTogetherAreTemperedAndTheThresholdRises) {
  // A level that changes every 400 rows: 20 rows tell little more than one.
  auto rows = make_rows(30'000, 3);
  Rng rng(9);
  double level = 0;
  for (std::size_t i = 0; i < rows.time_ns.size(); ++i) {
    if (i % 400 == 0) level = rng.normal();
    rows.numbers[0][i] = level + 0.3 * rows.numbers[0][i];
  }
  const auto calibration = make_calibration(rows);
  EXPECT_LT(calibration->features[0].tempering[0], 0.02);
  EXPECT_GT(calibration->features[1].tempering[0], 0.6);
}

TEST(LearnTest, ASeasonExplainsWhatFollowsTheClock) {
  auto rows = make_rows(40'000, 4);
  constexpr std::int64_t kDay = 24 * 60 * kMinuteNs;
  for (std::size_t i = 0; i < rows.time_ns.size(); ++i) {
    rows.numbers[0][i] += 2 * std::sin(2 * M_PI * static_cast<double>(rows.time_ns[i] % kDay) /
                                       static_cast<double>(kDay));
  }
  const auto columns = rows.reference();
  const auto blind = learn({.time_ns = rows.time_ns, .columns = columns}, {});
  const auto seasonal = learn({.time_ns = rows.time_ns, .columns = columns}, {.period_ns = kDay});
  ASSERT_TRUE(blind && seasonal);
  EXPECT_LT(blind->features[0].tempering[0], 0.1);
  EXPECT_GT(seasonal->features[0].tempering[0], 0.3);
  EXPECT_LT(seasonal->features[0].nulls[0].tail.largest(),
            blind->features[0].nulls[0].tail.largest() / 4);
}

TEST(LearnTest, TheBudgetIsSharedByChecksAndDetector) {
  const auto budget = alarm_budget({.alarms_per_month = 0.1}, 27'000, 7);
  EXPECT_NEAR(budget.check_level, 0.05 / 54, 1e-12);
  EXPECT_NEAR(budget.run_length_steps, 7 * 27'000 / 0.05 / 20, 1e-6);
  // A busy model is checked at most once an hour; a quiet one never above 0.002.
  EXPECT_NEAR(alarm_budget({}, 1e9, 1).check_level, 0.05 / 730.5, 1e-12);
  EXPECT_EQ(alarm_budget({}, 600, 1).check_level, 0.002);
}

}  // namespace
}  // namespace temper::drift
