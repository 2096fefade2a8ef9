// One verdict for one (model, window) over all features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/watch/drift/calibration.h"
#include "temper/watch/drift/concept_drift.h"
#include "temper/watch/drift/window.h"

namespace temper::drift {

/// `calibrated`: one primary test per feature against the learned null, Holm over the features.
/// `threshold`: score > 0.15, or accuracy down by more than 5 points.
enum class Policy : std::uint8_t { kCalibrated, kThreshold };

/// "calibrated", "threshold".
[[nodiscard]] std::string_view policy_name(Policy policy);
[[nodiscard]] std::optional<Policy> policy_of(std::string_view name);

/// Which worlds moved: what the model is told, what it says, how they belong together.
struct Kinds {
  bool covariate = false;
  bool prediction = false;
  bool concept_drift = false;
  [[nodiscard]] bool any() const { return covariate || prediction || concept_drift; }
  bool operator==(const Kinds&) const = default;
};

struct FeatureEvidence {
  /// Index into the calibration's features.
  std::size_t feature = 0;
  /// Against the whole reference, missing values left out; in nats, and without sampling bias.
  double psi = 0;
  double psi_corrected = 0;
  /// Base 2, against the whole reference.
  double js_divergence = 0;
  /// Largest gap of the cumulative shares at the bins' edges (ordered bins).
  double ks = 0;
  double missing_rate = 0;
  double reference_missing_rate = 0;
  /// The primary statistic, against the reference's shares in the window's own season.
  double distance = 0;
  double p_value = 1;
  /// After Holm over the features of the check.
  double adjusted_p = 1;
  /// By the policy.
  bool drift = false;
  bool operator==(const FeatureEvidence&) const = default;
};

struct Check {
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::uint64_t rows = 0;
  Policy policy = Policy::kCalibrated;
  /// The trigger. Sequential alarms since the last check count.
  bool drift = false;
  /// Largest corrected PSI.
  double score = 0;
  /// Under `threshold` evidence only; under `calibrated` what was rejected.
  Kinds kinds;
  std::vector<FeatureEvidence> features;
  std::optional<AccuracyDrop> accuracy;
  /// Of the sequential detector since the last check.
  std::uint64_t alarms = 0;
  /// May this window's rows enter a new reference? Never after drift, alarm or failure.
  bool fit_for_reference = true;

  bool operator==(const Check&) const = default;
};

inline constexpr double kScoreTrigger = 0.15;
inline constexpr double kJsTrigger = 0.10;
inline constexpr double kPTrigger = 0.05;

/// Judges a closed window. `accuracy` and `alarms` are what was seen beside it.
///
/// Edges:  a window of fewer rows than the calibration's `window_rows` is no error and gives
///         nothing: not enough data. A window without a single value of a feature gives that
///         feature no psi, only its missing rate and distance.
/// Cost:   O(features * slots * bins).
[[nodiscard]] std::optional<Check> judge(const Calibration& calibration, const Window& window,
                                         Policy policy, const std::optional<AccuracyDrop>& accuracy,
                                         std::uint64_t alarms);

/// p-value of a feature's distance in a window of `rows`: the larger of what the reference's own
/// blocks show and of the noncentral chi-square that allows `allowed_psi` and a finite reference of
/// `reference_rows`. Windows larger than the largest learned one are judged as if they had only so
/// many rows.
[[nodiscard]] double distance_p_value(const FeatureCalibration& feature, double distance,
                                      double rows, double reference_rows, double allowed_psi);

}  // namespace temper::drift
