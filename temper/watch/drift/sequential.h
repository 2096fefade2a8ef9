// Between checks: an e-detector per feature, fed row by row, with no fewest rows of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/e_detector.h"
#include "temper/stats/encoding.h"
#include "temper/watch/drift/calibration.h"

namespace temper::drift {

/// The detector of one feature. Rows are taken in steps of 20, whatever the calls' boundaries: how
/// the rows were handed over never changes an answer.
class FeatureDetector {
 public:
  explicit FeatureDetector(const FeatureCalibration& calibration);

  /// Adds rows to the step in hand; at most as many as it still needs.
  void add(std::span<const std::uint8_t> codes, std::span<const std::uint16_t> slots);
  /// Closes the step of 20 rows; true = the threshold is reached.
  bool close_step();
  void reset();
  [[nodiscard]] double log_value() const { return detector_.log_value(); }
  [[nodiscard]] double threshold() const { return threshold_; }

  void write(stats::ByteWriter& out) const;
  Status read(stats::ByteReader& in);

 private:
  std::size_t bins_;
  std::size_t bets_;
  // Shared by copies; never changed.
  std::shared_ptr<const std::vector<float>> table_;
  stats::EDetector detector_;
  double threshold_;
  std::vector<float> step_;
  std::vector<double> scratch_;
};

struct SequentialAlarm {
  /// Rows into the call, the one that completed the step included.
  std::size_t row = 0;
  /// The feature furthest above its threshold.
  std::size_t feature = 0;
  /// log of its sum, and the threshold it reached.
  double log_value = 0;
  double threshold = 0;
};

/// All features of one model version. After an alarm every detector starts afresh: one change that
/// moves many features is one alarm.
class SequentialDetector {
 public:
  explicit SequentialDetector(const Calibration& calibration);

  /// `codes[f]` holds feature f's bins of the rows, `slots` their slots.
  std::vector<SequentialAlarm> add(std::span<const std::span<const std::uint8_t>> codes,
                                   std::span<const std::uint16_t> slots);
  void reset();

  void write(stats::ByteWriter& out) const;
  /// Errors: kInvalidArgument for damaged bytes or another calibration's state.
  Status read(stats::ByteReader& in);

 private:
  [[nodiscard]] std::optional<SequentialAlarm> close_step();
  std::vector<FeatureDetector> features_;
  std::size_t in_step_ = 0;
};

}  // namespace temper::drift
