#include "temper/watch/drift/check.h"

#include <algorithm>
#include <cmath>

#include "temper/stats/jensen_shannon.h"
#include "temper/stats/multiple_testing.h"
#include "temper/stats/noncentral_chi_square.h"
#include "temper/stats/population_stability.h"
#include "temper/watch/drift/shares.h"

namespace temper::drift {
namespace {

double sum(std::span<const std::uint64_t> counts) {
  double total = 0;
  for (const auto count : counts) total += static_cast<double>(count);
  return total;
}

double missing_share(std::span<const std::uint64_t> counts) {
  const double total = sum(counts);
  return total > 0 ? static_cast<double>(counts.back()) / total : 0;
}

double largest_gap(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  const double total_a = sum(a);
  const double total_b = sum(b);
  double below_a = 0;
  double below_b = 0;
  double gap = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    below_a += static_cast<double>(a[i]) / total_a;
    below_b += static_cast<double>(b[i]) / total_b;
    gap = std::max(gap, std::fabs(below_a - below_b));
  }
  return gap;
}

double seasonal_distance(const FeatureCalibration& feature, const Window& window,
                         std::span<const std::uint64_t> counts) {
  const std::size_t bins = counts.size();
  std::vector<double> expected(bins, 0.0);
  const auto slot_rows = window.slot_rows();
  for (std::size_t slot = 0; slot < slot_rows.size(); ++slot) {
    const auto rows = static_cast<double>(slot_rows[slot]);
    if (rows == 0) continue;
    for (std::size_t b = 0; b < bins; ++b) {
      expected[b] += rows * feature.slot_shares[slot * bins + b];
    }
  }
  const std::vector<double> observed(counts.begin(), counts.end());
  return chi_square_distance(observed, expected);
}

FeatureEvidence measure(const Calibration& calibration, const Window& window, std::size_t index) {
  const auto& feature = calibration.features[index];
  const auto counts = window.counts(index);
  FeatureEvidence evidence;
  evidence.feature = index;
  evidence.missing_rate = missing_share(counts);
  evidence.reference_missing_rate = missing_share(feature.counts);
  const auto reference = std::span(feature.counts).first(feature.bins.value_bins());
  const auto current = counts.first(feature.bins.value_bins());
  if (sum(reference) > 0 && sum(current) > 0) {
    if (const auto psi = stats::population_stability_index(reference, current)) {
      evidence.psi = psi->psi;
      evidence.psi_corrected = psi->corrected;
    }
    if (const auto js = stats::jensen_shannon(reference, current)) {
      evidence.js_divergence = js->divergence;
    }
    evidence.ks = largest_gap(reference, current);
  }
  evidence.distance = seasonal_distance(feature, window, counts);
  evidence.p_value =
      distance_p_value(feature, evidence.distance, static_cast<double>(window.rows()),
                       static_cast<double>(calibration.rows), calibration.config.allowed_psi);
  return evidence;
}

void adjust(std::vector<FeatureEvidence>& features) {
  std::vector<double> p_values;
  p_values.reserve(features.size());
  for (const auto& evidence : features) p_values.push_back(evidence.p_value);
  const auto adjusted = stats::holm(p_values);
  for (std::size_t i = 0; adjusted && i < features.size(); ++i) {
    features[i].adjusted_p = (*adjusted)[i];
  }
}

// The rules of thumb of the field, one by one.
void judge_by_threshold(const Calibration& calibration, Check& check) {
  for (auto& evidence : check.features) {
    evidence.drift = evidence.psi_corrected > kScoreTrigger;
    const bool says = calibration.features[evidence.feature].bins.role() == Role::kPrediction;
    if (says && evidence.js_divergence > kJsTrigger) check.kinds.prediction = true;
    if (!says && (evidence.psi > kScoreTrigger || evidence.p_value < kPTrigger)) {
      check.kinds.covariate = true;
    }
  }
  check.drift = check.score > kScoreTrigger || check.kinds.concept_drift;
}

void judge_by_calibration(const Calibration& calibration, Check& check) {
  for (auto& evidence : check.features) {
    evidence.drift = evidence.adjusted_p <= calibration.check_level;
    if (!evidence.drift) continue;
    const bool says = calibration.features[evidence.feature].bins.role() == Role::kPrediction;
    (says ? check.kinds.prediction : check.kinds.covariate) = true;
  }
  check.drift = check.kinds.any() || check.alarms > 0;
}

}  // namespace

std::string_view policy_name(Policy policy) {
  return policy == Policy::kCalibrated ? "calibrated" : "threshold";
}

std::optional<Policy> policy_of(std::string_view name) {
  if (name == "calibrated") return Policy::kCalibrated;
  if (name == "threshold") return Policy::kThreshold;
  return std::nullopt;
}

double distance_p_value(const FeatureCalibration& feature, double distance, double rows,
                        double reference_rows, double allowed_psi) {
  double learned = 0;
  if (!feature.nulls.empty()) {
    const WindowNull* null = feature.nulls.data();
    for (const auto& candidate : feature.nulls) {
      if (static_cast<double>(candidate.rows) <= rows) null = &candidate;
    }
    const double scaled = std::min(rows, static_cast<double>(null->rows)) / rows;
    distance *= scaled;
    rows *= scaled;
    learned = null->tail.p_value(distance);
  }
  const auto degrees = static_cast<double>(feature.bins.bins() - 1);
  const double chance = stats::noncentral_chi_square_upper(distance / (1 + rows / reference_rows),
                                                           degrees, rows * allowed_psi);
  return std::clamp(std::max(learned, chance), 0.0, 1.0);
}

std::optional<Check> judge(const Calibration& calibration, const Window& window, Policy policy,
                           const std::optional<AccuracyDrop>& accuracy, std::uint64_t alarms) {
  if (window.rows() < calibration.config.window_rows) return std::nullopt;
  Check check;
  check.first_ns = window.first_ns();
  check.last_ns = window.last_ns();
  check.rows = window.rows();
  check.policy = policy;
  check.accuracy = accuracy;
  check.alarms = alarms;
  check.kinds.concept_drift = accuracy && accuracy->drift;
  for (std::size_t f = 0; f < calibration.features.size(); ++f) {
    check.features.push_back(measure(calibration, window, f));
    check.score = std::max(check.score, check.features.back().psi_corrected);
  }
  adjust(check.features);
  if (policy == Policy::kThreshold) {
    judge_by_threshold(calibration, check);
  } else {
    judge_by_calibration(calibration, check);
  }
  check.fit_for_reference = !check.drift && check.alarms == 0 && !window.unfit();
  return check;
}

}  // namespace temper::drift
