// Concept drift: accuracy lost, where labels have arrived.
#pragma once

#include <cstdint>
#include <optional>

#include "temper/core/result.h"

namespace temper::drift {

/// Accuracy on held-out rows when the version was registered.
struct BaselineAccuracy {
  std::uint64_t correct = 0;
  std::uint64_t labelled = 0;
  bool operator==(const BaselineAccuracy&) const = default;
};

/// How far accuracy fell, in percentage points; a rise is negative.
struct AccuracyDrop {
  std::uint64_t labelled = 0;
  double accuracy = 0;
  double baseline = 0;
  double points = 0;
  /// Interval of `points` that holds at every moment together, at 95 %.
  double low = 0;
  double high = 0;
  /// More than 5 points down, and `low` above 0.
  bool drift = false;
  bool operator==(const AccuracyDrop&) const = default;
};

inline constexpr double kAccuracyTriggerPoints = 5;

/// Live accuracy against the baseline. The live side is a confidence sequence, so that it may be
/// asked after every label; the baseline is a fixed sample with its own exact interval; each gets
/// half of the 5 %.
///
/// Edges:  no live label, or no baseline, gives nothing: the answer is "unknown".
/// Errors: kInvalidArgument for more correct rows than labelled ones.
[[nodiscard]] Result<std::optional<AccuracyDrop>> accuracy_drop(const BaselineAccuracy& baseline,
                                                                std::uint64_t correct,
                                                                std::uint64_t labelled);

}  // namespace temper::drift
