#include "temper/watch/drift/learn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "temper/stats/e_detector.h"
#include "temper/watch/drift/shares.h"

namespace temper::drift {
namespace {

constexpr std::size_t kFolds = 5;
constexpr std::size_t kFewestWindows = 24;
constexpr std::size_t kFewestBlocks = 12;
constexpr std::size_t kFewestSpans = 5;
constexpr double kMaxCheckLevel = 0.002;
constexpr double kHoursPerMonth = 730.5;
constexpr double kMonthNs = kHoursPerMonth * 3.6e12;
// Values of the detector are compared over spans of so many steps.
constexpr std::size_t kSpanSteps = 1000 / kStepRows;

// One feature's coded rows, and its shares learned without each fold.
struct Folded {
  std::span<const std::uint8_t> codes;
  std::span<const std::uint16_t> slots;
  std::size_t bins;
  std::size_t block_rows;
  std::array<std::vector<double>, kFolds> shares_without;

  [[nodiscard]] std::size_t rows() const { return codes.size(); }
  [[nodiscard]] std::size_t fold(std::size_t row) const { return row / block_rows % kFolds; }
  [[nodiscard]] const double* expected(std::size_t row) const {
    return shares_without[fold(row)].data() + slots[row] * bins;
  }
};

std::size_t block_rows(std::size_t rows, std::size_t window_rows) {
  return std::max(4 * window_rows, std::min<std::size_t>(6500, rows / 20));
}

void learn_shares(Folded& data, std::size_t slot_count, FeatureCalibration& feature) {
  const std::size_t size = slot_count * data.bins;
  std::array<std::vector<double>, kFolds> counts;
  for (auto& fold : counts) fold.assign(size, 0);
  for (std::size_t row = 0; row < data.rows(); ++row) {
    counts[data.fold(row)][data.slots[row] * data.bins + data.codes[row]] += 1;
  }
  std::vector<double> total(size, 0.0);
  for (const auto& fold : counts) {
    for (std::size_t i = 0; i < size; ++i) total[i] += fold[i];
  }
  for (std::size_t k = 0; k < kFolds; ++k) {
    std::vector<double> rest(size);
    for (std::size_t i = 0; i < size; ++i) rest[i] = total[i] - counts[k][i];
    data.shares_without[k] = slot_shares(rest, data.bins);
  }
  feature.slot_shares = slot_shares(total, data.bins);
  feature.counts.assign(data.bins, 0);
  for (std::size_t i = 0; i < size; ++i) {
    feature.counts[i % data.bins] += static_cast<std::uint64_t>(total[i]);
  }
}

// Observed and expected counts of stretches of half a window, [stretches * bins] each.
struct Stretches {
  std::vector<double> observed;
  std::vector<double> expected;
  std::size_t count;
};

Stretches half_windows(const Folded& data, std::size_t half) {
  Stretches out{.observed = {}, .expected = {}, .count = data.rows() / half};
  out.observed.assign(out.count * data.bins, 0);
  out.expected.assign(out.count * data.bins, 0);
  for (std::size_t row = 0; row < out.count * half; ++row) {
    const std::size_t at = row / half * data.bins;
    out.observed[at + data.codes[row]] += 1;
    const double* shares = data.expected(row);
    for (std::size_t b = 0; b < data.bins; ++b) out.expected[at + b] += shares[b];
  }
  return out;
}

std::vector<WindowNull> learn_nulls(const Folded& data, std::size_t window_rows) {
  std::vector<WindowNull> nulls;
  const std::size_t half = window_rows / 2;
  const auto stretches = half_windows(data, half);
  for (std::size_t length = 2; stretches.count / length >= kFewestWindows; length *= 2) {
    std::vector<double> distances;
    const std::size_t step = length / 2;
    for (std::size_t first = 0; first + length <= stretches.count; first += step) {
      std::vector<double> observed(data.bins, 0.0);
      std::vector<double> expected(data.bins, 0.0);
      for (std::size_t s = first; s < first + length; ++s) {
        for (std::size_t b = 0; b < data.bins; ++b) {
          observed[b] += stretches.observed[s * data.bins + b];
          expected[b] += stretches.expected[s * data.bins + b];
        }
      }
      distances.push_back(chi_square_distance(observed, expected));
    }
    nulls.push_back({.rows = half * length, .tail = NullTail::fit(std::move(distances))});
  }
  return nulls;
}

// Sums of each score's deviation from its expectation, and of its variance, over steps: [steps *
// groups].
struct ScoreSums {
  std::vector<double> deviation;
  std::vector<double> variance;
};

ScoreSums score_sums(const Folded& data, const Bets& bets, std::size_t slot_count) {
  const std::size_t groups = bets.group_count();
  std::array<std::vector<double>, kFolds> means;
  std::array<std::vector<double>, kFolds> variances;
  for (std::size_t k = 0; k < kFolds; ++k) {
    means[k].assign(slot_count * groups, 0);
    variances[k].assign(slot_count * groups, 0);
    for (std::size_t slot = 0; slot < slot_count; ++slot) {
      const double* shares = data.shares_without[k].data() + slot * data.bins;
      for (std::size_t g = 0; g < groups; ++g) {
        const double* score = bets.scores.data() + g * data.bins;
        double mean = 0;
        double square = 0;
        for (std::size_t b = 0; b < data.bins; ++b) {
          mean += shares[b] * score[b];
          square += shares[b] * score[b] * score[b];
        }
        means[k][slot * groups + g] = mean;
        variances[k][slot * groups + g] = square - mean * mean;
      }
    }
  }
  const std::size_t steps = data.rows() / kStepRows;
  ScoreSums sums{.deviation = std::vector<double>(steps * groups, 0.0),
                 .variance = std::vector<double>(steps * groups, 0.0)};
  for (std::size_t row = 0; row < steps * kStepRows; ++row) {
    const std::size_t at = row / kStepRows * groups;
    const std::size_t k = data.fold(row);
    const std::size_t from = data.slots[row] * groups;
    for (std::size_t g = 0; g < groups; ++g) {
      sums.deviation[at + g] += bets.scores[g * data.bins + data.codes[row]] - means[k][from + g];
      sums.variance[at + g] += variances[k][from + g];
    }
  }
  return sums;
}

std::vector<double> learn_tempering(const Folded& data, const Bets& bets, std::size_t slot_count) {
  const std::size_t groups = bets.group_count();
  const auto sums = score_sums(data, bets, slot_count);
  const std::size_t steps = data.rows() / kStepRows;
  std::vector<double> inflation(groups, 1.0);
  for (const std::size_t length : {1, 4, 16, 32, 64, 128}) {
    const std::size_t blocks = steps / length;
    if (blocks < kFewestBlocks) break;
    // What independent rows reach now and then by chance alone.
    const double chance = 1 + 3 * std::sqrt(2 / static_cast<double>(blocks));
    std::vector<double> seen(groups, 0.0);
    std::vector<double> due(groups, 0.0);
    for (std::size_t first = 0; first + length <= steps; first += length) {
      for (std::size_t g = 0; g < groups; ++g) {
        double deviation = 0;
        for (std::size_t s = first; s < first + length; ++s) {
          deviation += sums.deviation[s * groups + g];
          due[g] += sums.variance[s * groups + g];
        }
        seen[g] += deviation * deviation;
      }
    }
    for (std::size_t g = 0; g < groups; ++g) {
      if (due[g] > 1e-9 && seen[g] > chance * due[g]) {
        inflation[g] = std::max(inflation[g], seen[g] / due[g]);
      }
    }
  }
  std::vector<double> tempering;
  tempering.reserve(bets.size());
  for (const std::size_t group : bets.groups) tempering.push_back(1 / inflation[group]);
  return tempering;
}

// The detector's highest value in each span of the reference; it starts afresh in every block.
std::vector<double> highest_values(const Folded& data, const Bets& bets,
                                   std::span<const double> tempering) {
  std::array<std::vector<float>, kFolds> tables;
  for (std::size_t k = 0; k < kFolds; ++k) {
    tables[k] =
        bet_table(bets, data.shares_without[k], tempering, static_cast<double>(data.rows()));
  }
  auto detector = stats::EDetector::create(bets.weights, kMaxLogStep);
  std::vector<double> highest;
  if (!detector) return highest;
  std::vector<double> step(bets.size());
  std::size_t in_span = 0;
  for (std::size_t first = 0; first + kStepRows <= data.rows(); first += kStepRows) {
    if (first / data.block_rows != (first + kStepRows - 1) / data.block_rows ||
        first % data.block_rows < kStepRows) {
      detector->reset();
    }
    std::ranges::fill(step, 0.0);
    for (std::size_t row = first; row < first + kStepRows; ++row) {
      const float* from = tables[data.fold(row)].data() +
                          (data.slots[row] * data.bins + data.codes[row]) * bets.size();
      for (std::size_t i = 0; i < step.size(); ++i) step[i] += static_cast<double>(from[i]);
    }
    detector->update(step);
    if (in_span == 0) highest.push_back(detector->log_value());
    highest.back() = std::max(highest.back(), detector->log_value());
    in_span = (in_span + 1) % kSpanSteps;
  }
  return highest;
}

// At least log(run length), which is right while rows are independent; where they hang together, an
// exponential tail through the upper fifth of the reference's own spans, and never less than twice
// the highest value seen. Doubling was chosen on the flights of 2013, whose storms come singly.
double learn_threshold(std::vector<double> highest, double run_length_steps) {
  const double base = std::log(run_length_steps);
  if (highest.size() < kFewestSpans) return base;
  std::ranges::sort(highest);
  const std::size_t start = (highest.size() - 1) * 4 / 5;
  const auto excesses = static_cast<double>(highest.size() - start - 1);
  double mean = 0;
  for (std::size_t i = start + 1; i < highest.size(); ++i) mean += highest[i] - highest[start];
  const double scale = std::max(1.0, mean / excesses * (1 + 1 / std::sqrt(excesses)));
  const double spans = run_length_steps / static_cast<double>(kSpanSteps);
  const double fitted = highest[start] + scale * std::log(std::max(1.0, spans / 5));
  // Independent rows keep the sum below the number of steps; what went beyond was an event, and the
  // next one may be larger.
  const auto steps = static_cast<double>(highest.size() * kSpanSteps);
  const double beyond = std::max(0.0, highest.back() - std::log(steps));
  return std::max({base, fitted, 2 * highest.back() + beyond});
}

Result<std::size_t> count_rows(const ReferenceRows& rows) {
  if (rows.columns.empty()) return fail(ErrorCode::kFailedPrecondition, "no column to watch");
  const std::size_t count = rows.columns[0].values.size();
  for (const auto& column : rows.columns) {
    if (column.values.size() != count) {
      return fail(ErrorCode::kInvalidArgument, "column '{}' has {} rows, the first has {}",
                  column.name, column.values.size(), count);
    }
  }
  if (!rows.time_ns.empty() && rows.time_ns.size() != count) {
    return fail(ErrorCode::kInvalidArgument, "{} event times for {} rows", rows.time_ns.size(),
                count);
  }
  if (count < 100) {
    return fail(ErrorCode::kFailedPrecondition, "a reference has at least 100 rows, not {}", count);
  }
  return count;
}

}  // namespace

AlarmBudget alarm_budget(const CalibrationConfig& config, double rows_per_month,
                         std::size_t features) {
  const double half = config.alarms_per_month / 2;
  const double checks =
      std::clamp(rows_per_month / static_cast<double>(config.window_rows), 1.0, kHoursPerMonth);
  return {.rows_per_month = rows_per_month,
          .check_level = std::min(kMaxCheckLevel, half / checks),
          .run_length_steps = std::max(10.0, static_cast<double>(features) * rows_per_month / half /
                                                 static_cast<double>(kStepRows))};
}

FeatureCalibration learn_feature(FeatureBins bins, std::span<const std::uint8_t> codes,
                                 std::span<const std::uint16_t> slots, std::size_t slot_count,
                                 const CalibrationConfig& config, const AlarmBudget& budget) {
  FeatureCalibration feature;
  Folded data{.codes = codes,
              .slots = slots,
              .bins = bins.bins(),
              .block_rows = block_rows(codes.size(), config.window_rows),
              .shares_without = {}};
  feature.bins = std::move(bins);
  learn_shares(data, slot_count, feature);
  const auto bets = make_bets(feature.shares());
  feature.nulls = learn_nulls(data, config.window_rows);
  feature.tempering = learn_tempering(data, bets, slot_count);
  feature.threshold =
      learn_threshold(highest_values(data, bets, feature.tempering), budget.run_length_steps);
  return feature;
}

Result<Calibration> learn(const ReferenceRows& rows, const CalibrationConfig& config) {
  TEMPER_TRY_STATUS(validate(config));
  TEMPER_TRY(const auto count, count_rows(rows));
  Calibration calibration;
  calibration.config = config;
  calibration.rows = count;
  if (!rows.time_ns.empty()) calibration.season = Season::of_period(config.period_ns);
  double rate = config.rows_per_month;
  if (rate == 0 && !rows.time_ns.empty() && rows.time_ns.back() > rows.time_ns.front()) {
    const auto span = static_cast<double>(rows.time_ns.back() - rows.time_ns.front());
    rate = static_cast<double>(count) / span * kMonthNs;
  }
  if (rate == 0) rate = kHoursPerMonth * static_cast<double>(config.window_rows);
  const auto budget = alarm_budget(config, rate, rows.columns.size());
  calibration.rows_per_month = rate;
  calibration.check_level = budget.check_level;
  std::vector<std::uint16_t> slots(count, 0);
  for (std::size_t i = 0; i < rows.time_ns.size(); ++i) {
    slots[i] = static_cast<std::uint16_t>(calibration.season.slot(rows.time_ns[i]));
  }
  std::vector<std::uint8_t> codes(count);
  for (const auto& column : rows.columns) {
    auto bins = FeatureBins::of_column(column.name, column.role, column.values);
    bins.encode(column.values, codes);
    calibration.features.push_back(
        learn_feature(std::move(bins), codes, slots, calibration.season.slots, config, budget));
  }
  return calibration;
}

}  // namespace temper::drift
