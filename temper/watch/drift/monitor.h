// The step machine of one model version: rows in, checks and alarms out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/watch/drift/calibration.h"
#include "temper/watch/drift/check.h"
#include "temper/watch/drift/sequential.h"
#include "temper/watch/drift/window.h"

namespace temper::drift {

struct MonitorConfig {
  Policy policy = Policy::kCalibrated;
  /// Windows end on multiples of this since 1970 (event time); > 0. A check is due at the first end
  /// at which the window holds the calibration's `window_rows`; until then it goes on growing.
  std::int64_t check_interval_ns = 3'600'000'000'000;
  std::optional<BaselineAccuracy> baseline = std::nullopt;
};

/// Rows of the model's features, in the calibration's order.
struct Rows {
  std::span<const std::int64_t> event_time_ns;
  std::span<const ColumnView> columns;
};

/// Raised between checks, by policy `calibrated`.
struct Alarm {
  std::int64_t event_time_ns = 0;
  /// Index into the calibration's features.
  std::size_t feature = 0;
  double log_value = 0;
  double threshold = 0;
  bool operator==(const Alarm&) const = default;
};

/// Windows on event time, and the sequential detector.
///
/// Pure: it reads no clock. The shell says how far event time has come (`advance`), by watermark or
/// wall deadline; rows alone close nothing. The same rows in the same order give the same alarms
/// and checks, however they are cut into calls and however fast they come. Bounds: at most 1,000
/// intervals are open; rows of an interval that is closed already, or so far ahead that the bound
/// would break, are counted and left out of windows.
class Monitor {
 public:
  /// Errors: kInvalidArgument for an interval that is not positive.
  static Result<Monitor> create(std::shared_ptr<const Calibration> calibration,
                                const MonitorConfig& config);

  /// Errors: kInvalidArgument if the columns do not fit the calibration; nothing is added then.
  Result<std::vector<Alarm>> add(const Rows& rows);
  /// A label that arrived for a row of that event time. Labels of closed windows count for the
  /// window that is open now.
  void add_label(std::int64_t event_time_ns, bool correct);
  /// A failure (open breaker, quarantined row) at that event time: its window never enters a
  /// reference.
  void mark_unfit(std::int64_t event_time_ns);
  /// Event time has come to `watermark_ns`: closes the intervals that end at or before it.
  std::vector<Check> advance(std::int64_t watermark_ns);
  /// Adds another replica's open windows and counts; detectors stay each replica's own.
  Status merge(const Monitor& other);

  [[nodiscard]] std::uint64_t late_rows() const { return late_rows_; }
  [[nodiscard]] std::uint64_t early_rows() const { return early_rows_; }
  [[nodiscard]] const Calibration& calibration() const { return *calibration_; }

  /// Versioned bytes of everything but calibration and configuration.
  [[nodiscard]] std::string encode() const;
  static Result<Monitor> decode(std::string_view bytes,
                                std::shared_ptr<const Calibration> calibration,
                                const MonitorConfig& config);

 private:
  Monitor(std::shared_ptr<const Calibration> calibration, const MonitorConfig& config);
  Status fits(const Rows& rows) const;
  [[nodiscard]] std::int64_t interval_of(std::int64_t time_ns) const;
  Window* window_at(std::int64_t time_ns);
  void count_rows(const Rows& rows, std::span<const std::uint16_t> slots);
  std::optional<Check> close(const Window& window);

  std::shared_ptr<const Calibration> calibration_;
  MonitorConfig config_;
  // By interval; those below closed_through_ are gone.
  std::map<std::int64_t, Window> open_;
  // Closed intervals that wait for enough rows.
  Window pending_;
  std::int64_t closed_through_;
  SequentialDetector detector_;
  std::uint64_t alarms_ = 0;
  std::uint64_t late_rows_ = 0;
  std::uint64_t early_rows_ = 0;
  // Labels since the accuracy was last judged afresh.
  std::uint64_t labelled_ = 0;
  std::uint64_t correct_ = 0;
  // Room for the rows of one call, kept between calls.
  std::vector<std::vector<std::uint8_t>> codes_;
};

}  // namespace temper::drift
