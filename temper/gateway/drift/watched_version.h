// One version whose traffic is compared with its reference: rows in, drift events out. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/gateway/drift/row_buffer.h"
#include "temper/gateway/evidence/evidence.h"
#include "temper/watch/drift/drift_reference.h"
#include "temper/watch/drift/monitor.h"

namespace temper::gateway {

/// What the version's operator is told: a check that found drift, or an alarm between checks.
struct DriftFinding {
  /// "covariate", "prediction", "concept".
  std::string kind;
  std::int64_t event_time_ns = 0;
  /// JSON object, see docs/drift.md.
  std::string evidence;
};

/// What happened since the last look.
struct DriftProgress {
  std::vector<DriftFinding> findings;
  std::uint64_t checks = 0;
  std::uint64_t checks_with_drift = 0;
  std::uint64_t alarms = 0;
  /// Of the last check, if there was one.
  std::optional<double> score;
};

/// Features and outputs are watched apart, each by a monitor of its own, since an answer may hold a
/// part of the outputs only. Verdicts depend on the rows and their event times alone, not on how
/// fast or how mixed they came (see row_buffer.h).
class WatchedVersion {
 public:
  /// `config.baseline` is the reference's. Errors: kFailedPrecondition where the reference fits
  /// neither the version's features nor its outputs; those of the feature map.
  static Result<WatchedVersion> create(const registry::VersionRecord& record,
                                       const drift::DriftReference& reference,
                                       drift::MonitorConfig config);

  void add(const std::shared_ptr<const Evidence>& evidence);
  /// Whether the prediction of a row of that event time was right.
  void add_label(std::int64_t event_time_ns, bool correct);

  /// Goes on as far as the rows allow. `quiet`: no more are on their way, so that none is held back
  /// and, where event time is the wall's own, `now` closes windows too.
  DriftProgress advance(bool quiet, WallTime now);

  /// The open windows; rows still held back are not in it, so `advance(true, ...)` first. The name
  /// of a part goes with its bytes.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> save() const;
  /// Errors: kInvalidArgument for bytes of another reference, or damaged ones; then nothing
  /// changes.
  [[nodiscard]] Status restore(std::string_view part, std::string_view bytes);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  struct Side {
    std::string name;
    bool outputs = false;
    std::shared_ptr<const drift::Calibration> calibration;
    drift::MonitorConfig config;
    drift::Monitor monitor;
    RowBuffer buffer;
    OrderedRows ordered;
    /// Features whose alarm stands: a change that stays is told once, then by every check.
    std::set<std::size_t> alarmed;
  };

  WatchedVersion() = default;
  Status add_side(std::string name, bool outputs, const FeatureMap& map,
                  const std::optional<drift::Calibration>& calibration,
                  const drift::MonitorConfig& config);
  void feed(Side& side, DriftProgress& progress);
  static void take_checks(Side& side, const std::vector<drift::Check>& checks,
                          DriftProgress& progress);

  std::vector<Side> sides_;
  std::size_t output_count_ = 0;
  std::uint64_t rows_ = 0;
  /// The last row's event time was its arrival: event time is the wall's.
  bool live_ = false;
  // Room kept between calls.
  std::vector<drift::ColumnView> views_;
};

}  // namespace temper::gateway
