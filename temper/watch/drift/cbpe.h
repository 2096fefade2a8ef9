// Accuracy without labels: confidence-based performance estimation, where its assumptions hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "temper/core/result.h"

namespace temper::drift {

/// Must stand beside every number that comes from here.
inline constexpr std::string_view kCbpeTag = "valid only if P(y|x) is unchanged";

/// The confidence of one answer: the probability of the class that was answered. For one
/// probability of the positive class, that of the likelier side; for several, the largest.
/// NaN if there is none or one is outside [0, 1].
[[nodiscard]] double confidence(std::span<const double> probabilities);

/// How often answers of each confidence were right, on held-out labelled rows: ten bins of
/// confidence, equal in width over [0, 1]. Mergeable.
class ConfidenceReference {
 public:
  static constexpr std::size_t kBins = 10;

  /// NaN counts nowhere.
  void add(double confidence, bool correct);
  void merge(const ConfidenceReference& other);

  [[nodiscard]] std::uint64_t rows() const;
  /// Weighted mean of |mean confidence - accuracy| over the bins.
  [[nodiscard]] double calibration_error() const;

  struct Bin {
    std::uint64_t rows = 0;
    std::uint64_t correct = 0;
    double confidence_sum = 0;
    bool operator==(const Bin&) const = default;
  };
  [[nodiscard]] const std::array<Bin, kBins>& bins() const { return bins_; }
  [[nodiscard]] static std::size_t bin_of(double confidence);
  bool operator==(const ConfidenceReference&) const = default;

 private:
  std::array<Bin, kBins> bins_;
};

enum class CbpeRefusal : std::uint8_t { kTooFewRows, kNotCalibrated, kNoOverlap };
/// "too_few_rows", "not_calibrated", "no_overlap".
[[nodiscard]] std::string_view cbpe_refusal_name(CbpeRefusal refusal);

/// An estimate, or why there is none. It never triggers drift alone.
struct CbpeEstimate {
  std::optional<CbpeRefusal> refusal;
  std::uint64_t rows = 0;
  /// Share of right answers, with its 95 % interval (at one look).
  double accuracy = 0;
  double low = 0;
  double high = 0;
};

struct CbpeConfig {
  /// Fewest rows, live and held out.
  std::uint64_t min_rows = 500;
  /// Largest calibration error of the held-out rows.
  double max_calibration_error = 0.1;
  /// Fewest held-out rows in a bin for it to speak for live rows.
  std::uint64_t min_bin_rows = 20;
  /// Largest share of live rows in bins that do not speak.
  double max_outside = 0.01;
};

/// Estimates accuracy of live answers from their confidences.
///
/// Value:  each live row counts with the accuracy that held-out rows of its bin had.
/// Edges:  NaN confidences count as outside.
/// Source: after NannyML's CBPE, with the calibration map by bins; the interval adds the variance
///         of the live rows and of the bins' accuracies.
[[nodiscard]] CbpeEstimate estimate_accuracy(const ConfidenceReference& reference,
                                             std::span<const double> confidences,
                                             const CbpeConfig& config);

}  // namespace temper::drift
