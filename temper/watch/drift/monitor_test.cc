#include "temper/watch/drift/monitor.h"

#include <gtest/gtest.h>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

struct Verdicts {
  std::vector<Alarm> alarms;
  std::vector<Check> checks;
  bool operator==(const Verdicts&) const = default;
};

// Rows [first, end) of the fixture into the monitor, `step` at a time, the watermark at the last
// row.
void feed(Monitor& monitor, const RowsFixture& rows, std::size_t first, std::size_t end,
          std::size_t step, Verdicts& verdicts) {
  for (std::size_t at = first; at < end; at += step) {
    const std::size_t count = std::min(step, end - at);
    std::vector<ColumnView> columns;
    for (const auto& view : rows.columns()) {
      columns.push_back(
          view.numbers.empty()
              ? ColumnView{.numbers = {}, .categories = view.categories.subspan(at, count)}
              : ColumnView{.numbers = view.numbers.subspan(at, count), .categories = {}});
    }
    auto alarms = monitor.add(
        {.event_time_ns = std::span(rows.time_ns).subspan(at, count), .columns = columns});
    ASSERT_TRUE(alarms.has_value());
    verdicts.alarms.insert(verdicts.alarms.end(), alarms->begin(), alarms->end());
    for (auto& check : monitor.advance(rows.time_ns[at + count - 1])) {
      verdicts.checks.push_back(std::move(check));
    }
  }
}

RowsFixture with_change(std::size_t before, std::size_t after, double shift) {
  auto rows = make_rows(before, 21);
  const auto moved = make_rows(after, 22, static_cast<std::int64_t>(before) * kMinuteNs, shift);
  rows.time_ns.insert(rows.time_ns.end(), moved.time_ns.begin(), moved.time_ns.end());
  for (std::size_t f = 0; f < 2; ++f) {
    rows.numbers[f].insert(rows.numbers[f].end(), moved.numbers[f].begin(), moved.numbers[f].end());
  }
  rows.categories.insert(rows.categories.end(), moved.categories.begin(), moved.categories.end());
  return rows;
}

class MonitorTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Calibration> calibration_ = make_calibration(make_rows(20'000, 1));
  Monitor fresh(Policy policy = Policy::kCalibrated) const {
    return Monitor::create(
               calibration_,
               {.policy = policy, .check_interval_ns = 60 * kMinuteNs, .baseline = std::nullopt})
        .value();
  }
};

TEST_F(MonitorTest, ChecksCloseOnTheHourOnceTheyHoldEnoughRows) {
  auto monitor = fresh();
  Verdicts verdicts;
  feed(monitor, make_rows(2000, 5), 0, 2000, 37, verdicts);
  // 60 rows an hour: the ninth hour makes it 540.
  ASSERT_EQ(verdicts.checks.size(), 3U);
  for (const auto& check : verdicts.checks) {
    EXPECT_EQ(check.rows, 540U);
    EXPECT_FALSE(check.drift);
  }
  EXPECT_EQ(verdicts.checks[0].first_ns, 0);
  EXPECT_EQ(verdicts.checks[1].first_ns, 540 * kMinuteNs);
  EXPECT_TRUE(verdicts.alarms.empty());
}

TEST_F(MonitorTest, HowRowsAreHandedOverChangesNothing) {
  const auto rows = with_change(1500, 1500, 0.6);
  Verdicts one_by_one;
  Verdicts at_once;
  auto slow = fresh();
  auto fast = fresh();
  feed(slow, rows, 0, 3000, 1, one_by_one);
  feed(fast, rows, 0, 3000, 3000, at_once);
  EXPECT_EQ(one_by_one.alarms, at_once.alarms);
  ASSERT_EQ(one_by_one.checks.size(), at_once.checks.size());
  for (std::size_t i = 0; i < at_once.checks.size(); ++i) {
    EXPECT_EQ(one_by_one.checks[i].features, at_once.checks[i].features);
    EXPECT_EQ(one_by_one.checks[i].last_ns, at_once.checks[i].last_ns);
  }
  EXPECT_FALSE(at_once.alarms.empty());
}

TEST_F(MonitorTest, TheDetectorFindsAChangeBeforeTheCheckIsDue) {
  auto monitor = fresh();
  Verdicts verdicts;
  feed(monitor, with_change(600, 400, 0.7), 0, 1000, 10, verdicts);
  ASSERT_FALSE(verdicts.alarms.empty());
  const auto& alarm = verdicts.alarms[0];
  EXPECT_EQ(alarm.feature, 0U);
  EXPECT_GE(alarm.event_time_ns, 600 * kMinuteNs);
  EXPECT_LE(alarm.event_time_ns, 850 * kMinuteNs);
  EXPECT_GE(alarm.log_value, alarm.threshold);
}

TEST_F(MonitorTest, PolicyThresholdHasNoAlarmsBetweenChecks) {
  auto monitor = fresh(Policy::kThreshold);
  Verdicts verdicts;
  feed(monitor, with_change(1080, 1100, 1.0), 0, 2180, 10, verdicts);
  EXPECT_TRUE(verdicts.alarms.empty());
  ASSERT_GE(verdicts.checks.size(), 3U);
  EXPECT_FALSE(verdicts.checks[0].drift);
  EXPECT_TRUE(verdicts.checks[2].drift);
}

TEST_F(MonitorTest, ARestartInTheMiddleChangesNothing) {
  const auto rows = with_change(1500, 1500, 0.6);
  Verdicts whole;
  Verdicts resumed;
  auto straight = fresh();
  feed(straight, rows, 0, 3000, 50, whole);
  auto first = fresh();
  feed(first, rows, 0, 1333, 50, resumed);
  auto second = Monitor::decode(first.encode(), calibration_,
                                {.policy = Policy::kCalibrated,
                                 .check_interval_ns = 60 * kMinuteNs,
                                 .baseline = std::nullopt});
  ASSERT_TRUE(second.has_value());
  feed(*second, rows, 1333, 3000, 50, resumed);
  EXPECT_EQ(whole.alarms, resumed.alarms);
  EXPECT_EQ(whole.checks.size(), resumed.checks.size());
  EXPECT_EQ(whole.checks.back().features, resumed.checks.back().features);
}

TEST_F(MonitorTest, ReplicasMergeIntoTheWindowsOfOne) {
  const auto rows = make_rows(600, 5);
  Verdicts whole;
  Verdicts merged;
  auto one = fresh();
  feed(one, rows, 0, 600, 600, whole);
  auto left = fresh();
  auto right = fresh();
  const auto views = rows.columns();
  const auto part = [&](Monitor& monitor, std::size_t first, std::size_t count) {
    std::vector<ColumnView> columns;
    columns.reserve(views.size());
    for (const auto& view : views) {
      columns.push_back(
          view.numbers.empty()
              ? ColumnView{.numbers = {}, .categories = view.categories.subspan(first, count)}
              : ColumnView{.numbers = view.numbers.subspan(first, count), .categories = {}});
    }
    ASSERT_TRUE(monitor.add(
        {.event_time_ns = std::span(rows.time_ns).subspan(first, count), .columns = columns}));
  };
  part(left, 0, 250);
  part(right, 250, 350);
  ASSERT_TRUE(left.merge(right).has_value());
  merged.checks = left.advance(rows.time_ns.back());
  ASSERT_EQ(merged.checks.size(), 1U);
  EXPECT_EQ(merged.checks, whole.checks);
}

TEST_F(MonitorTest, RowsOfAClosedIntervalAreCountedAndLeftOut) {
  auto monitor = fresh();
  Verdicts verdicts;
  const auto rows = make_rows(200, 5);
  feed(monitor, rows, 100, 200, 100, verdicts);
  feed(monitor, rows, 0, 10, 10, verdicts);
  EXPECT_EQ(monitor.late_rows(), 10U);
  EXPECT_EQ(monitor.early_rows(), 0U);
}

TEST_F(MonitorTest, NoClientOpensWindowsWithoutEnd) {
  auto monitor = fresh();
  auto rows = make_rows(1500, 5);
  for (std::size_t i = 0; i < rows.time_ns.size(); ++i) {
    rows.time_ns[i] = static_cast<std::int64_t>(i) * 61 * kMinuteNs;
  }
  const auto columns = rows.columns();
  ASSERT_TRUE(monitor.add({.event_time_ns = rows.time_ns, .columns = columns}).has_value());
  EXPECT_GT(monitor.early_rows(), 400U);
}

TEST_F(MonitorTest, LabelsMakeConceptDrift) {
  auto monitor =
      Monitor::create(calibration_,
                      {.policy = Policy::kCalibrated,
                       .check_interval_ns = 60 * kMinuteNs,
                       .baseline = BaselineAccuracy{.correct = 9500, .labelled = 10'000}})
          .value();
  const auto rows = make_rows(700, 5);
  Verdicts verdicts;
  for (std::size_t i = 0; i < 540; ++i) monitor.add_label(rows.time_ns[i], i % 3 != 0);
  feed(monitor, rows, 0, 700, 700, verdicts);
  ASSERT_EQ(verdicts.checks.size(), 1U);
  EXPECT_TRUE(verdicts.checks[0].kinds.concept_drift);
  EXPECT_TRUE(verdicts.checks[0].drift);
  EXPECT_EQ(verdicts.checks[0].accuracy->labelled, 540U);
}

TEST_F(MonitorTest, AFailureKeepsItsWindowOutOfReferences) {
  auto monitor = fresh();
  monitor.mark_unfit(30 * kMinuteNs);
  Verdicts verdicts;
  feed(monitor, make_rows(700, 5), 0, 700, 700, verdicts);
  ASSERT_EQ(verdicts.checks.size(), 1U);
  EXPECT_FALSE(verdicts.checks[0].drift);
  EXPECT_FALSE(verdicts.checks[0].fit_for_reference);
}

TEST_F(MonitorTest, ColumnsThatDoNotFitAreRefusedWhole) {
  auto monitor = fresh();
  const auto rows = make_rows(100, 5);
  auto columns = rows.columns();
  columns.pop_back();
  EXPECT_FALSE(monitor.add({.event_time_ns = rows.time_ns, .columns = columns}).has_value());
  columns = rows.columns();
  std::swap(columns[0], columns[2]);
  EXPECT_FALSE(monitor.add({.event_time_ns = rows.time_ns, .columns = columns}).has_value());
  EXPECT_FALSE(Monitor::create(calibration_, {.check_interval_ns = 0}).has_value());
  EXPECT_TRUE(monitor.advance(1'000'000 * kMinuteNs).empty());
}

TEST_F(MonitorTest, DamagedStateIsRefused) {
  auto monitor = fresh();
  Verdicts verdicts;
  feed(monitor, make_rows(300, 5), 0, 300, 300, verdicts);
  const auto bytes = monitor.encode();
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + cut / 16) {
    EXPECT_FALSE(
        Monitor::decode(std::string_view(bytes).substr(0, cut), calibration_, {}).has_value())
        << cut;
  }
}

}  // namespace
}  // namespace temper::drift
