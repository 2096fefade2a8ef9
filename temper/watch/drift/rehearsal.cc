#include "temper/watch/drift/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <numeric>

#include "temper/core/rng.h"
#include "temper/stats/confidence_sequence.h"
#include "temper/watch/drift/sequential.h"
#include "temper/watch/drift/shift.h"

namespace temper::drift {
namespace {

constexpr std::size_t kFolds = 4;
constexpr std::size_t kMissed = std::numeric_limits<std::size_t>::max();

// Columns of the rows picked, owned.
struct PickedRows {
  std::vector<std::int64_t> time_ns;
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<std::uint64_t>> categories;
  std::vector<ReferenceColumn> columns;

  [[nodiscard]] ReferenceRows view() const { return {.time_ns = time_ns, .columns = columns}; }
};

PickedRows pick(const ReferenceRows& rows, std::span<const std::size_t> which) {
  PickedRows out;
  out.numbers.resize(rows.columns.size());
  out.categories.resize(rows.columns.size());
  for (const std::size_t row : which) {
    if (!rows.time_ns.empty()) out.time_ns.push_back(rows.time_ns[row]);
  }
  for (std::size_t f = 0; f < rows.columns.size(); ++f) {
    const auto& values = rows.columns[f].values;
    for (const std::size_t row : which) {
      if (!values.numbers.empty()) out.numbers[f].push_back(values.numbers[row]);
      if (!values.categories.empty()) out.categories[f].push_back(values.categories[row]);
    }
    out.columns.push_back({.name = rows.columns[f].name,
                           .role = rows.columns[f].role,
                           .values = {.numbers = out.numbers[f], .categories = out.categories[f]}});
  }
  return out;
}

// One held-out stretch of rows, coded by the bins of the calibration it is judged by.
struct Stretch {
  CodedRows rows;
  std::vector<std::int64_t> time_ns;
};

Stretch code_stretch(const Calibration& calibration, const ReferenceRows& rows,
                     std::span<const std::size_t> which) {
  const auto picked = pick(rows, which);
  Stretch out;
  out.time_ns = picked.time_ns;
  if (out.time_ns.empty()) out.time_ns.assign(which.size(), 0);
  for (const auto time : out.time_ns) {
    out.rows.slots.push_back(static_cast<std::uint16_t>(calibration.season.slot(time)));
  }
  for (std::size_t f = 0; f < picked.columns.size(); ++f) {
    out.rows.codes.emplace_back(which.size());
    calibration.features[f].bins.encode(picked.columns[f].values, out.rows.codes.back());
  }
  return out;
}

struct Layout {
  std::size_t rows;
  std::size_t window;
  std::size_t block_rows;
  bool time_order;

  [[nodiscard]] std::size_t fold(std::size_t row, std::size_t offset) const {
    return (row + offset) / block_rows % kFolds;
  }
};

Layout layout_of(const ReferenceRows& rows, std::size_t window) {
  const std::size_t count = rows.columns[0].values.size();
  return {.rows = count,
          .window = window,
          .block_rows = std::clamp(count / 40, std::min(8 * window, count / 8), 26 * window),
          .time_order = !rows.time_ns.empty()};
}

// The rows of one fold, as contiguous stretches in the order of time.
std::vector<std::vector<std::size_t>> held_out_blocks(const Layout& layout, std::size_t fold,
                                                      std::size_t offset) {
  std::vector<std::vector<std::size_t>> blocks;
  for (std::size_t row = 0; row < layout.rows; ++row) {
    if (layout.fold(row, offset) != fold) continue;
    if (blocks.empty() || blocks.back().back() + 1 != row) blocks.emplace_back();
    blocks.back().push_back(row);
  }
  std::erase_if(blocks, [&](const auto& block) { return block.size() < 2 * layout.window; });
  return blocks;
}

std::vector<std::size_t> drawn(std::span<const std::size_t> pool, std::size_t count, Rng& rng) {
  std::vector<std::size_t> rows(count);
  for (auto& row : rows) row = pool[rng.below(pool.size())];
  return rows;
}

struct Tally {
  std::size_t checks = 0;
  std::size_t false_alarms = 0;
  std::size_t sequential = 0;
  std::size_t events = 0;
  std::size_t rows = 0;
  std::map<std::string, std::size_t> by_feature;
};

// A monitor of codes: checks every `window` rows, and the sequential detector where the policy has
// one.
class Watcher {
 public:
  Watcher(const Calibration& calibration, Policy policy)
      : calibration_(calibration), policy_(policy), detector_(calibration) {}

  struct Seen {
    std::vector<SequentialAlarm> alarms;
    std::optional<Check> check;
  };

  Seen watch(const Stretch& stretch, std::size_t first) {
    const std::size_t count = calibration_.config.window_rows;
    const auto slots = std::span(stretch.rows.slots).subspan(first, count);
    Window window(calibration_);
    window.add_rows(std::span(stretch.time_ns).subspan(first, count), slots);
    std::vector<std::span<const std::uint8_t>> codes;
    for (std::size_t f = 0; f < stretch.rows.codes.size(); ++f) {
      codes.push_back(std::span(stretch.rows.codes[f]).subspan(first, count));
      window.add_codes(f, codes.back());
    }
    Seen seen;
    if (policy_ == Policy::kCalibrated) seen.alarms = detector_.add(codes, slots);
    seen.check = judge(calibration_, window, policy_, std::nullopt, seen.alarms.size());
    return seen;
  }

 private:
  const Calibration& calibration_;
  Policy policy_;
  SequentialDetector detector_;
};

void run_without_change(const Calibration& calibration, Policy policy, const Stretch& stretch,
                        Tally& tally) {
  Watcher watcher(calibration, policy);
  const std::size_t window = calibration.config.window_rows;
  for (std::size_t first = 0; first + window <= stretch.time_ns.size(); first += window) {
    const auto seen = watcher.watch(stretch, first);
    ++tally.checks;
    tally.rows += window;
    tally.sequential += seen.alarms.size();
    tally.events += seen.alarms.size();
    for (const auto& alarm : seen.alarms) {
      ++tally.by_feature[calibration.features[alarm.feature].bins.name()];
    }
    if (!seen.check->drift) continue;
    ++tally.false_alarms;
    if (policy == Policy::kThreshold || seen.check->kinds.any()) ++tally.events;
    for (const auto& evidence : seen.check->features) {
      if (evidence.drift) ++tally.by_feature[calibration.features[evidence.feature].bins.name()];
    }
  }
}

// One feature alone, at the level it has among all of them.
Calibration only_feature(const Calibration& calibration, std::size_t feature) {
  Calibration one = calibration;
  one.features = {calibration.features[feature]};
  one.check_level /= static_cast<double>(calibration.features.size());
  return one;
}

// Rows from the change to its detection, or kMissed.
std::size_t delay_of(const Calibration& one, Policy policy, const Stretch& stretch,
                     std::size_t change) {
  Watcher watcher(one, policy);
  const std::size_t window = one.config.window_rows;
  for (std::size_t first = 0; first + window <= stretch.time_ns.size(); first += window) {
    const auto seen = watcher.watch(stretch, first);
    for (const auto& alarm : seen.alarms) {
      if (first + alarm.row > change) return first + alarm.row - change;
    }
    if (first + window <= change) continue;
    const bool found = policy == Policy::kThreshold ? seen.check->drift : seen.check->kinds.any();
    if (found) return first + window - change;
  }
  return kMissed;
}

std::optional<std::size_t> delay_quantile(std::vector<std::size_t> delays, std::size_t percent) {
  if (delays.empty()) return std::nullopt;
  std::ranges::sort(delays);
  const std::size_t rank = (delays.size() * percent + 99) / 100;
  const std::size_t delay = delays[std::max<std::size_t>(rank, 1) - 1];
  return delay == kMissed ? std::nullopt : std::optional(delay);
}

Detection summary(double psi, const std::vector<std::size_t>& delays, std::size_t limit) {
  Detection out{.psi = psi,
                .streams = delays.size(),
                .power = 0,
                .limit_rows = limit,
                .delay_rows_p50 = delay_quantile(delays, 50),
                .delay_rows_p95 = delay_quantile(delays, 95)};
  const auto found =
      static_cast<double>(delays.size()) - static_cast<double>(std::ranges::count(delays, kMissed));
  if (!delays.empty()) out.power = found / static_cast<double>(delays.size());
  return out;
}

bool varies(const FeatureCalibration& feature) {
  std::size_t used = 0;
  for (const double share : feature.shares()) used += share >= 0.01 ? 1 : 0;
  return used >= 2;
}

// By shift, then by feature.
using Delays = std::vector<std::map<std::size_t, std::vector<std::size_t>>>;

class Rehearser {
 public:
  Rehearser(const ReferenceRows& rows, const RehearsalConfig& config)
      : rows_(rows),
        config_(config),
        layout_(layout_of(rows, config.calibration.window_rows)),
        rng_(config.seed),
        delays_(config.shifts.size()) {
    limit_ = std::min(10 * layout_.window, layout_.block_rows - layout_.window);
  }

  // Learns without the fold, runs over it.
  Status run_fold(std::size_t fold, std::size_t offset, bool with_shifts) {
    std::vector<std::size_t> train;
    for (std::size_t row = 0; row < layout_.rows; ++row) {
      if (layout_.fold(row, offset) != fold) train.push_back(row);
    }
    const auto picked = pick(rows_, train);
    TEMPER_TRY(const auto calibration, learn(picked.view(), config_.calibration));
    const auto blocks = held_out_blocks(layout_, fold, offset);
    if (layout_.time_order) {
      for (const auto& block : blocks) {
        run_without_change(calibration, config_.policy, code_stretch(calibration, rows_, block),
                           tally_);
      }
    } else {
      run_drawn(calibration, blocks);
    }
    if (with_shifts) run_shifts(calibration, fold, blocks);
    return {};
  }

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] const Layout& layout() const { return layout_; }

  void report_detection(Rehearsal& out) const {
    for (std::size_t s = 0; s < config_.shifts.size(); ++s) {
      std::vector<std::size_t> all;
      for (const auto& [feature, delays] : delays_[s]) {
        all.insert(all.end(), delays.begin(), delays.end());
        out.by_feature.push_back({.feature = rows_.columns[feature].name,
                                  .detection = summary(config_.shifts[s], delays, limit_)});
      }
      if (!all.empty()) out.detection.push_back(summary(config_.shifts[s], all, limit_));
    }
  }

 private:
  [[nodiscard]] static std::vector<std::size_t> pool_of(
      const std::vector<std::vector<std::size_t>>& blocks) {
    std::vector<std::size_t> pool;
    for (const auto& block : blocks) pool.insert(pool.end(), block.begin(), block.end());
    return pool;
  }

  // Independent rows: one long stream, in parts that fit memory.
  void run_drawn(const Calibration& calibration,
                 const std::vector<std::vector<std::size_t>>& blocks) {
    const auto pool = pool_of(blocks);
    std::size_t left = (config_.streams + kFolds - 1) / kFolds;
    while (left > 0) {
      const std::size_t windows = std::min<std::size_t>(left, 100);
      const auto rows = drawn(pool, windows * layout_.window, rng_);
      run_without_change(calibration, config_.policy, code_stretch(calibration, rows_, rows),
                         tally_);
      left -= windows;
    }
  }

  void run_shifts(const Calibration& calibration, std::size_t fold,
                  const std::vector<std::vector<std::size_t>>& blocks) {
    std::vector<std::size_t> targets;
    for (std::size_t f = 0; f < calibration.features.size(); ++f) {
      if (varies(calibration.features[f])) targets.push_back(f);
    }
    if (targets.empty() || blocks.empty()) return;
    const auto pool = pool_of(blocks);
    std::map<std::size_t, Calibration> alone;
    for (std::size_t trial = fold; trial < config_.shifted_streams; trial += kFolds) {
      const std::size_t feature = targets[trial / kFolds % targets.size()];
      const auto one = alone.try_emplace(feature, only_feature(calibration, feature)).first;
      const std::size_t length = layout_.window + limit_;
      std::vector<std::size_t> rows;
      if (layout_.time_order) {
        const auto& block = blocks[rng_.below(blocks.size())];
        const std::size_t room = block.size() > length ? block.size() - length : 0;
        const auto first = static_cast<std::ptrdiff_t>(rng_.below(room + 1));
        rows.assign(block.begin() + first,
                    block.begin() + first + std::ssize(block) - static_cast<std::ptrdiff_t>(room));
      } else {
        rows = drawn(pool, length, rng_);
      }
      run_shifted(one->second, feature, rows);
    }
  }

  void run_shifted(const Calibration& one, std::size_t feature, std::span<const std::size_t> rows) {
    const std::size_t change = rng_.below(layout_.window);
    const bool downward = rng_.below(2) == 0;
    const ReferenceRows column{.time_ns = rows_.time_ns,
                               .columns = rows_.columns.subspan(feature, 1)};
    const auto stretch = code_stretch(one, column, rows);
    const auto shares = one.features[0].shares();
    for (std::size_t s = 0; s < config_.shifts.size(); ++s) {
      const Shift shift(shares, config_.shifts[s], downward);
      Stretch moved = stretch;
      for (std::size_t row = change; row < moved.time_ns.size(); ++row) {
        moved.rows.codes[0][row] = shift.apply(moved.rows.codes[0][row], rng_);
      }
      const std::size_t delay = delay_of(one, config_.policy, moved, change);
      delays_[s][feature].push_back(delay <= limit_ ? delay : kMissed);
    }
  }

  const ReferenceRows& rows_;
  const RehearsalConfig& config_;
  Layout layout_;
  std::size_t limit_ = 0;
  Rng rng_;
  Tally tally_;
  Delays delays_;
};

Status check_config(const ReferenceRows& rows, const RehearsalConfig& config) {
  TEMPER_TRY_STATUS(validate(config.calibration));
  if (config.streams < 10 || config.streams > 1'000'000 || config.shifted_streams > 1'000'000) {
    return fail(ErrorCode::kInvalidArgument, "streams must be 10..1000000, not {}", config.streams);
  }
  for (const double psi : config.shifts) {
    if (!(psi > 0 && psi <= 10)) {
      return fail(ErrorCode::kInvalidArgument, "a shift's size lies in (0, 10], not {}", psi);
    }
  }
  if (rows.columns.empty()) return fail(ErrorCode::kFailedPrecondition, "no column to watch");
  const std::size_t count = rows.columns[0].values.size();
  const std::size_t least = 16 * config.calibration.window_rows;
  if (count < least) {
    return fail(ErrorCode::kFailedPrecondition,
                "{} rows are too few to hold any out: windows of {} rows need at least {}", count,
                config.calibration.window_rows, least);
  }
  return {};
}

// The whole reference's rate, so that a fold learns at the rate of all rows.
double rows_per_month(const ReferenceRows& rows, const CalibrationConfig& config) {
  constexpr double kHours = 730.5;
  if (config.rows_per_month > 0) return config.rows_per_month;
  if (rows.time_ns.empty() || rows.time_ns.back() <= rows.time_ns.front()) {
    return kHours * static_cast<double>(config.window_rows);
  }
  const auto span = static_cast<double>(rows.time_ns.back() - rows.time_ns.front());
  return static_cast<double>(rows.time_ns.size()) / span * kHours * 3.6e12;
}

Status summarise(const Tally& tally, std::size_t independent, Rehearsal& out) {
  out.streams = tally.checks;
  out.independent_streams = independent;
  out.false_alarms = tally.false_alarms;
  out.sequential_alarms = tally.sequential;
  const auto checks = static_cast<double>(tally.checks);
  out.false_alarm_rate = static_cast<double>(tally.false_alarms) / checks;
  const auto counted = static_cast<double>(independent);
  TEMPER_TRY(const auto interval,
             stats::exact_share_interval(out.false_alarm_rate * counted, counted, 0.05));
  out.low = interval.low;
  out.high = interval.high;
  out.alarms_per_month =
      static_cast<double>(tally.events) / (static_cast<double>(tally.rows) / out.rows_per_month);
  for (const auto& [name, count] : tally.by_feature) {
    out.false_alarms_by_feature.emplace_back(name, count);
  }
  std::ranges::stable_sort(out.false_alarms_by_feature,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  return {};
}

}  // namespace

Result<Rehearsal> rehearse(const ReferenceRows& rows, const RehearsalConfig& given,
                           const std::function<void(std::string_view)>& progress) {
  TEMPER_TRY_STATUS(check_config(rows, given));
  RehearsalConfig config = given;
  Rehearsal out;
  out.time_order = !rows.time_ns.empty();
  out.rows_per_month = rows_per_month(rows, config.calibration);
  config.calibration.rows_per_month = out.rows_per_month;
  PickedRows shuffled;
  ReferenceRows ordered = rows;
  if (!out.time_order) {
    // Without a clock the file's order means nothing; blocks of it must not either.
    std::vector<std::size_t> order(rows.columns[0].values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng rng(config.seed);
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
    shuffled = pick(rows, order);
    ordered = shuffled.view();
  }
  Rehearser rehearser(ordered, config);
  const auto& layout = rehearser.layout();
  const std::size_t per_pass = std::max<std::size_t>(1, layout.rows / layout.window);
  const std::size_t passes = out.time_order ? (config.streams + per_pass - 1) / per_pass : 1;
  std::size_t independent = 0;
  for (std::size_t pass = 0; pass < passes || rehearser.tally().checks < config.streams; ++pass) {
    const std::size_t offset = pass * layout.block_rows * 7 / (8 * passes + 1);
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
      if (progress)
        progress(fmt::format("pass {} of {}, fold {} of {}", pass + 1, passes, fold + 1, kFolds));
      TEMPER_TRY_STATUS(rehearser.run_fold(fold, offset, pass == 0));
    }
    if (pass == 0) independent = rehearser.tally().checks;
    if (rehearser.tally().checks == 0 || pass > passes + 8) break;
  }
  if (rehearser.tally().checks == 0) {
    return fail(ErrorCode::kFailedPrecondition, "no held-out block holds two windows");
  }
  TEMPER_TRY_STATUS(summarise(rehearser.tally(), independent, out));
  rehearser.report_detection(out);
  return out;
}

}  // namespace temper::drift
