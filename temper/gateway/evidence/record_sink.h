// Evidence to stream PREDICTIONS: what every answer was made from, for stores, retraining, lineage.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "temper/core/metrics.h"
#include "temper/gateway/evidence/evidence.h"
#include "temper/record/evidence.h"
#include "temper/record/streams/streams.h"

namespace temper::gateway {

/// The record of one answer. Names tensors by the version's signature.
[[nodiscard]] record::PredictionRecord to_record(const KeptEvidence& kept);

/// Waits for a stream that is full or cannot be reached, as long as it takes: meanwhile the lane
/// fills and thins, or holds its callers back.
class RecordSink final : public EvidenceSink {
 public:
  /// `producer` is unique to this process and start; a repeated append is recognised by it.
  RecordSink(streams::Stream& stream, std::string producer, metrics::Registry& metrics,
             const std::string& prefix, const Clock& clock);

  void take(std::span<const KeptEvidence> batch) override;
  void tick(WallTime) override {}

  /// From now on nothing is waited for beyond `deadline`; what then cannot be appended is counted
  /// as lost. For a stop.
  void end_by(TimePoint deadline);

 private:
  [[nodiscard]] Status append(const std::string& bytes);
  template <typename Attempt>
  [[nodiscard]] Status insist(Attempt attempt) const;

  streams::Stream& stream_;
  const std::string producer_;
  metrics::Counter& recorded_;
  metrics::Counter& lost_;
  const Clock& clock_;
  std::uint64_t sequence_ = 0;
  // Atomic: set by the thread that stops the program.
  std::atomic<TimePoint> deadline_{kNever};
};

}  // namespace temper::gateway
