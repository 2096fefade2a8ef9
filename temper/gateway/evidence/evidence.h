// One answered request as those see it who watch and record: the second of the two taps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/ids.h"
#include "temper/model/registry/registry.h"
#include "temper/model/tensor/tensor.h"

namespace temper::gateway {

struct Evidence {
  /// Who answered.
  std::shared_ptr<const registry::VersionRecord> version;
  Uuid prediction_id;
  std::string tenant;
  std::string unit_id;
  std::int64_t tier = 0;
  /// When what is described happened; the arrival unless a replay said otherwise.
  WallTime event_time;
  WallTime arrival;
  Duration latency{0};
  std::int64_t rows = 1;
  /// In signature order.
  std::vector<Tensor> inputs;
  /// As answered; `output_indices` says which of the signature's outputs each is.
  std::vector<Tensor> outputs;
  std::vector<std::size_t> output_indices;

  /// What it holds on to.
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = sizeof(Evidence) + tenant.size() + unit_id.size();
    for (const Tensor& tensor : inputs) sum += tensor.data.size();
    for (const Tensor& tensor : outputs) sum += tensor.data.size();
    return sum;
  }
};

struct KeptEvidence {
  std::shared_ptr<const Evidence> evidence;
  /// The share of requests that was being kept when this one was; each stands for 1 / rate.
  double rate = 1;
};

/// Takes evidence on a thread of its own (see evidence_lane.h).
class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  /// In the order of arrival at the lane. May wait; what waits behind it is bounded by the lane.
  virtual void take(std::span<const KeptEvidence> batch) = 0;
  /// Called about ten times a second, also without traffic.
  virtual void tick(WallTime now) = 0;
};

}  // namespace temper::gateway
