// One version that answers requests: its record, its queue, its instances and its counters.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "temper/core/metrics.h"
#include "temper/model/batching/executor.h"
#include "temper/model/registry/registry.h"
#include "temper/profile/profile.h"

namespace temper::gateway {

/// Counts of one version's requests; references into the metrics registry, which outlives it.
struct VersionMetrics {
  metrics::Counter& succeeded;
  metrics::Counter& refused;
  metrics::Counter& failed;
  metrics::Counter& rows;
  metrics::Histogram& latency;
  metrics::Histogram& queued;
  metrics::Histogram& computed;

  static VersionMetrics create(metrics::Registry& registry, const std::string& prefix,
                               const std::string& model, const std::string& version,
                               std::int64_t tier);
};

struct ServedVersion {
  /// Outlives the version where evidence of its answers still travels.
  std::shared_ptr<const registry::VersionRecord> record;
  /// The record's number as the protocol says it.
  std::string version_text;
  profile::ModelPolicy policy;
  profile::Tier tier;
  Duration default_deadline{0};
  /// Names of the devices its instances run on.
  std::vector<std::string> devices;
  std::unique_ptr<batching::Executor> executor;
  VersionMetrics metrics;
  // Atomic: written by whichever thread answers, read by statistics; the last writer wins.
  std::atomic<std::int64_t> last_inference_ms{0};

  [[nodiscard]] const Signature& signature() const { return record->probe.signature; }
};

}  // namespace temper::gateway
