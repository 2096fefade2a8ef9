// Learning a calibration from the reference's own rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/watch/drift/calibration.h"

namespace temper::drift {

struct ReferenceColumn {
  std::string name;
  Role role = Role::kCovariate;
  ColumnView values;
};

/// Rows in the order of their time; without a clock `time_ns` is empty.
struct ReferenceRows {
  std::span<const std::int64_t> time_ns;
  std::span<const ReferenceColumn> columns;
};

/// The same rows as bins and slots, one vector of codes per feature.
struct CodedRows {
  std::vector<std::vector<std::uint8_t>> codes;
  std::vector<std::uint16_t> slots;

  [[nodiscard]] std::size_t rows() const { return slots.size(); }
};

/// How the budget of alarms becomes levels; see `learn`.
struct AlarmBudget {
  double rows_per_month = 0;
  double check_level = 0;
  /// Steps of the sequential detector between two false alarms of one feature, on average.
  double run_length_steps = 0;
};

/// The levels for `features` features at `rows_per_month`. A check's level is half the budget over
/// the checks of a month (one a window, at most one an hour), and at most 0.002.
[[nodiscard]] AlarmBudget alarm_budget(const CalibrationConfig& config, double rows_per_month,
                                       std::size_t features);

/// Learns bins, seasonal shares, and per feature how far blocks of the reference stray from the
/// rest of it.
///
/// Method: the rows are cut into contiguous blocks in the order of time, dealt to five folds. Every
/// window of a block is compared with shares estimated without its fold, so that its distance holds
/// all that a window of new rows would show: sampling error, the finite reference, and the data's
/// own wandering. The distances give the null of the checks (at window_rows, twice that, and so on
/// while 24 windows remain), the variance of summed scores over 20 to 2,560 rows the tempering of
/// the bets, and the detector's highest values over the blocks its threshold. Edges:   a reference
/// of fewer than 24 windows teaches the checks no wandering: they then rest on
///          the noncentral chi-square alone; one of fewer than 5,000 rows leaves the threshold to
///          the run length alone.
/// Errors:  kInvalidArgument for columns of unequal length or a setting out of range;
///          kFailedPrecondition for fewer than 100 rows or no column.
/// Cost:    about 2 us per row and feature.
[[nodiscard]] Result<Calibration> learn(const ReferenceRows& rows, const CalibrationConfig& config);

/// One feature of it, for rows that are coded already.
[[nodiscard]] FeatureCalibration learn_feature(
    FeatureBins bins, std::span<const std::uint8_t> codes, std::span<const std::uint16_t> slots,
    std::size_t slot_count, const CalibrationConfig& config, const AlarmBudget& budget);

}  // namespace temper::drift
