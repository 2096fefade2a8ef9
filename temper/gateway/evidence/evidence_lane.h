// The way of evidence from the threads that answer to one sink: a queue bounded in bytes and the
// sink's own thread. A slow sink delays nobody but itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "temper/core/metrics.h"
#include "temper/gateway/evidence/evidence.h"
#include "temper/gateway/evidence/thinning.h"

namespace temper::gateway {

/// Overflow: see thinning.h; what does not fit in spite of it is dropped, and both are counted.
/// Lossless evidence is never dropped: its callers are held back beforehand, see `has_room`.
class EvidenceLane {
 public:
  /// Metrics carry the label lane=`name`. `sink` must outlive the lane.
  EvidenceLane(std::string name, EvidenceSink& sink, std::size_t capacity_bytes,
               metrics::Registry& metrics, const std::string& prefix, const Clock& clock);
  /// Hands everything accepted to the sink first.
  ~EvidenceLane();
  EvidenceLane(const EvidenceLane&) = delete;
  EvidenceLane& operator=(const EvidenceLane&) = delete;

  /// Never waits. From any thread.
  void offer(std::shared_ptr<const Evidence> evidence, bool lossless);

  /// False while half of the room is taken: lossless requests are then refused with a hint.
  [[nodiscard]] bool has_room() const {
    return waiting_bytes_.load(std::memory_order_relaxed) < capacity_ / 2;
  }

  /// Returns when the sink has taken what was offered before.
  void flush();

 private:
  void run(const std::stop_token& stop);

  /// The sink's thread looks this often; waking it for each request would cost more than the rest.
  static constexpr Duration kGather = std::chrono::milliseconds(5);
  static constexpr Duration kTick = std::chrono::milliseconds(100);

  EvidenceSink& sink_;
  const std::size_t capacity_;
  const Clock& clock_;
  metrics::Counter& kept_;
  metrics::Counter& thinned_;
  metrics::Counter& dropped_;
  metrics::Gauge& rate_;
  // Atomic: read by every request without the lock; a stale value admits one request more.
  std::atomic<std::size_t> waiting_bytes_{0};

  std::mutex mutex_;
  std::condition_variable_any offered_;
  std::condition_variable taken_;
  // guarded by mutex_
  std::vector<KeptEvidence> waiting_;
  Thinning thinning_;
  std::uint64_t offered_count_ = 0;
  std::uint64_t taken_count_ = 0;
  bool urgent_ = false;

  std::jthread thread_;
};

}  // namespace temper::gateway
