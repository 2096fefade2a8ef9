// What `model add --reference` learns from the training data for those who watch the version.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/features/feature_map.h"
#include "temper/model/registry/registry.h"
#include "temper/profile/profile.h"
#include "temper/watch/drift/drift_reference.h"
#include "temper/watch/drift/feature_values.h"

namespace temper::cli {

struct DriftReferenceOptions {
  /// Column of the event's time; empty = the table's only column of timestamps, if there is one.
  std::string time;
  /// Columns that feed a matrix of features; empty = all but time and label.
  std::vector<std::string> features;
  /// The period (season) is this policy's, and so is the fewest rows of a check.
  profile::Drift policy;
};

/// Runs the version over its own reference, in a child process, and learns how features and
/// outputs spread and how well labels were predicted (on the last 20 % of the rows by time, which
/// a trainer of ours holds out). Values come through the same tensors as live ones, so that both
/// are rounded alike. Errors: where the table does not fit the model's inputs; what the run says.
[[nodiscard]] Result<drift::DriftReference> build_drift_reference(
    const registry::VersionRecord& record, const DriftReferenceOptions& options);

/// Features or outputs alone: rows in the order of their time, `times_ns` empty where there is no
/// clock. Nothing where the map is empty. Errors: those of drift::learn.
[[nodiscard]] Result<std::optional<drift::Calibration>> learn_side(
    const FeatureMap& map, std::span<const drift::FeatureValues> values, drift::Role role,
    std::span<const std::int64_t> times_ns, const profile::Drift& policy);

}  // namespace temper::cli
