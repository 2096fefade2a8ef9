#include "temper/watch/drift/cbpe.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace temper::drift {

double confidence(std::span<const double> probabilities) {
  if (probabilities.empty()) return std::numeric_limits<double>::quiet_NaN();
  for (const double p : probabilities) {
    if (!(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
  }
  if (probabilities.size() == 1) return std::max(probabilities[0], 1 - probabilities[0]);
  return *std::ranges::max_element(probabilities);
}

std::size_t ConfidenceReference::bin_of(double confidence) {
  const auto bin = static_cast<std::size_t>(confidence * static_cast<double>(kBins));
  return std::min(bin, kBins - 1);
}

void ConfidenceReference::add(double confidence, bool correct) {
  if (!(confidence >= 0 && confidence <= 1)) return;
  auto& bin = bins_[bin_of(confidence)];
  ++bin.rows;
  if (correct) ++bin.correct;
  bin.confidence_sum += confidence;
}

void ConfidenceReference::merge(const ConfidenceReference& other) {
  for (std::size_t b = 0; b < kBins; ++b) {
    bins_[b].rows += other.bins_[b].rows;
    bins_[b].correct += other.bins_[b].correct;
    bins_[b].confidence_sum += other.bins_[b].confidence_sum;
  }
}

std::uint64_t ConfidenceReference::rows() const {
  std::uint64_t total = 0;
  for (const auto& bin : bins_) total += bin.rows;
  return total;
}

double ConfidenceReference::calibration_error() const {
  const auto total = static_cast<double>(rows());
  if (total == 0) return 0;
  double error = 0;
  for (const auto& bin : bins_) {
    error += std::fabs(bin.confidence_sum - static_cast<double>(bin.correct));
  }
  return error / total;
}

std::string_view cbpe_refusal_name(CbpeRefusal refusal) {
  switch (refusal) {
    case CbpeRefusal::kTooFewRows:
      return "too_few_rows";
    case CbpeRefusal::kNotCalibrated:
      return "not_calibrated";
    case CbpeRefusal::kNoOverlap:
      return "no_overlap";
  }
  return "";
}

CbpeEstimate estimate_accuracy(const ConfidenceReference& reference,
                               std::span<const double> confidences, const CbpeConfig& config) {
  CbpeEstimate estimate;
  estimate.rows = confidences.size();
  if (confidences.size() < config.min_rows || reference.rows() < config.min_rows) {
    estimate.refusal = CbpeRefusal::kTooFewRows;
    return estimate;
  }
  if (reference.calibration_error() > config.max_calibration_error) {
    estimate.refusal = CbpeRefusal::kNotCalibrated;
    return estimate;
  }
  std::array<double, ConfidenceReference::kBins> live{};
  double outside = 0;
  for (const double c : confidences) {
    const bool valid = c >= 0 && c <= 1;
    const std::size_t bin = valid ? ConfidenceReference::bin_of(c) : 0;
    if (valid && reference.bins()[bin].rows >= config.min_bin_rows) {
      live[bin] += 1;
    } else {
      outside += 1;
    }
  }
  const auto rows = static_cast<double>(confidences.size());
  if (outside / rows > config.max_outside) {
    estimate.refusal = CbpeRefusal::kNoOverlap;
    return estimate;
  }
  double variance = 0;
  const double inside = rows - outside;
  for (std::size_t b = 0; b < live.size(); ++b) {
    if (live[b] == 0) continue;
    const auto held_out = static_cast<double>(reference.bins()[b].rows);
    const double right = static_cast<double>(reference.bins()[b].correct) / held_out;
    const double share = live[b] / inside;
    estimate.accuracy += share * right;
    variance += share * right * (1 - right) * (1 / inside + share / held_out);
  }
  const double half = 1.96 * std::sqrt(variance);
  estimate.low = std::max(0.0, estimate.accuracy - half);
  estimate.high = std::min(1.0, estimate.accuracy + half);
  return estimate;
}

}  // namespace temper::drift
