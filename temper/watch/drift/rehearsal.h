// What a policy would do on the user's own reference: false alarms, and the delay of detection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/watch/drift/check.h"
#include "temper/watch/drift/learn.h"

namespace temper::drift {

struct RehearsalConfig {
  Policy policy = Policy::kCalibrated;
  CalibrationConfig calibration;
  /// Fewest checks without a change, 10..1,000,000.
  std::size_t streams = 2000;
  /// Streams with a change, per size of shift, 0..1,000,000.
  std::size_t shifted_streams = 500;
  /// Sizes of the shifts, as population stability index of the shifted feature.
  std::vector<double> shifts = {0.05, 0.1, 0.2, 0.5};
  std::uint64_t seed = 1;
};

/// Delays in rows from the change to the alarm or to the end of the check that found it.
struct Detection {
  double psi = 0;
  std::size_t streams = 0;
  /// Share of streams in which it was found within `limit_rows`.
  double power = 0;
  std::size_t limit_rows = 0;
  /// Over all streams; nothing where so many missed it.
  std::optional<std::size_t> delay_rows_p50;
  std::optional<std::size_t> delay_rows_p95;
};

struct FeatureDetection {
  std::string feature;
  Detection detection;
};

struct Rehearsal {
  std::size_t streams = 0;
  /// Windows that do not overlap, or are drawn independently: what the interval counts.
  std::size_t independent_streams = 0;
  /// False where rows were resampled, because there is no clock.
  bool time_order = false;
  std::size_t false_alarms = 0;
  double false_alarm_rate = 0;
  /// 95 %, Clopper-Pearson at the number of independent streams.
  double low = 0;
  double high = 0;
  /// Checks and sequential alarms together.
  double alarms_per_month = 0;
  std::size_t sequential_alarms = 0;
  double rows_per_month = 0;
  /// Features that raised false alarms, most first.
  std::vector<std::pair<std::string, std::size_t>> false_alarms_by_feature;
  std::vector<Detection> detection;
  std::vector<FeatureDetection> by_feature;
};

/// Rehearses the policy on held-out parts of the reference.
///
/// Method: the rows are cut into contiguous blocks in the order of time, dealt to four folds; the
/// calibration is learned without a fold and run over its blocks, each block in the order of time
/// and the detector afresh at its start. Passes with other block borders follow until there are
/// `streams` checks; their windows overlap those of other passes, so the interval counts windows of
/// one pass only. Without a clock the held-out rows are drawn independently, with replacement.
/// A check is a false alarm if it says drift, sequential alarms since the last check included.
/// A shift of size s moves one feature's values monotonically, bin to bin, so that its distribution
/// becomes the exponential tilt at PSI s from the reference while rows keep their order and ties to
/// each other; features take turns. It begins at a random row of a window.
/// Errors: kFailedPrecondition for fewer than 16 windows of rows or no feature that varies;
///         kInvalidArgument for a setting out of range.
[[nodiscard]] Result<Rehearsal> rehearse(const ReferenceRows& rows, const RehearsalConfig& config,
                                         const std::function<void(std::string_view)>& progress);

}  // namespace temper::drift
