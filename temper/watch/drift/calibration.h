// What drift detection knows of a version's reference: bins, seasons, and how far it strays by
// itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/watch/drift/bets.h"
#include "temper/watch/drift/feature_bins.h"
#include "temper/watch/drift/null_tail.h"
#include "temper/watch/drift/season.h"

namespace temper::drift {

struct CalibrationConfig {
  /// Season of the data; 0 = none. Needs event times.
  std::int64_t period_ns = 0;
  /// Rows of the windows from which the null is learned, and the fewest rows of a check. >= 100.
  std::size_t window_rows = 500;
  /// Alarms per model-month to allow while nothing changes: half to checks, half to the sequential
  /// detector. (0, 100].
  double alarms_per_month = 0.1;
  /// Rows per month to expect; 0 = the reference's own rate, or, without a clock, one window an
  /// hour.
  double rows_per_month = 0;
  /// Population stability index that a check allows beside what the reference shows by itself.
  double allowed_psi = 0.01;

  bool operator==(const CalibrationConfig&) const = default;
};

/// Errors: kInvalidArgument naming the setting.
Status validate(const CalibrationConfig& config);

/// The null of the primary statistic at one window size.
struct WindowNull {
  std::size_t rows = 0;
  NullTail tail;
  bool operator==(const WindowNull&) const = default;
};

struct FeatureCalibration {
  FeatureBins bins;
  /// Reference rows per bin.
  std::vector<std::uint64_t> counts;
  /// Shares given the slot, [slots * bins], smoothed towards the whole; sum to 1 per slot.
  std::vector<double> slot_shares;
  /// By rising rows; may be empty, where the reference is too short to learn from.
  std::vector<WindowNull> nulls;
  /// Factor on each bet's log likelihood ratio, (0, 1]: one over the variance inflation of its
  /// score in blocks of the reference. Rows that hang together count as fewer.
  std::vector<double> tempering;
  /// The sequential detector alarms when the log of its sum reaches this.
  double threshold = 0;

  /// Shares over all slots, smoothed by half a row a bin.
  [[nodiscard]] std::vector<double> shares() const;
  /// Of the reference.
  [[nodiscard]] std::uint64_t rows() const;
  bool operator==(const FeatureCalibration&) const = default;
};

struct Calibration {
  CalibrationConfig config;
  Season season;
  std::uint64_t rows = 0;
  /// Resolved: as configured or as the reference's clock shows.
  double rows_per_month = 0;
  /// Level of one check, over all features.
  double check_level = 0;
  std::vector<FeatureCalibration> features;

  /// Versioned bytes. `decode` checks every length and every invariant it relies on.
  [[nodiscard]] std::string encode() const;
  static Result<Calibration> decode(std::string_view bytes);
  bool operator==(const Calibration&) const = default;
};

/// Rows that a step of the sequential detector takes together.
inline constexpr std::size_t kStepRows = 20;
/// Most evidence that one step may add, in nats.
inline constexpr double kMaxLogStep = 4;

}  // namespace temper::drift
