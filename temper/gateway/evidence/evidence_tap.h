// The tap itself: every answered request, offered to each lane. Without lanes it costs nothing.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "temper/gateway/evidence/evidence_lane.h"

namespace temper::gateway {

class EvidenceTap {
 public:
  /// Before the first request.
  void add(std::unique_ptr<EvidenceLane> lane) { lanes_.push_back(std::move(lane)); }

  /// Nobody watches: evidence need not be made.
  [[nodiscard]] bool idle() const { return lanes_.empty(); }
  /// Whether a request whose evidence may not be lost can be taken now.
  [[nodiscard]] bool has_room() const {
    return std::ranges::all_of(lanes_, [](const auto& lane) { return lane->has_room(); });
  }
  void offer(const std::shared_ptr<const Evidence>& evidence, bool lossless) {
    for (const auto& lane : lanes_) lane->offer(evidence, lossless);
  }
  /// Returns when every sink has taken what was offered before.
  void flush() {
    for (const auto& lane : lanes_) lane->flush();
  }
  /// `flush`, then ends the lanes.
  void close() { lanes_.clear(); }

 private:
  std::vector<std::unique_ptr<EvidenceLane>> lanes_;
};

}  // namespace temper::gateway
