#include "temper/gateway/evidence/evidence_lane.h"

#include <cstring>
#include <utility>

namespace temper::gateway {
namespace {

/// Uniform whatever the id's layout: SplitMix64's finaliser (Steele, Lea, Flood 2014) over both
/// halves.
std::uint64_t hash_of(const Uuid& id) {
  std::uint64_t halves[2];
  std::memcpy(halves, id.bytes.data(), sizeof halves);
  std::uint64_t hash = halves[0] ^ (halves[1] + 0x9E3779B97F4A7C15ULL);
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
  return hash ^ (hash >> 31U);
}

}  // namespace

EvidenceLane::EvidenceLane(std::string name, EvidenceSink& sink, std::size_t capacity_bytes,
                           metrics::Registry& metrics, const std::string& prefix,
                           const Clock& clock)
    : sink_(sink),
      capacity_(capacity_bytes),
      clock_(clock),
      kept_(metrics.counter(prefix + "_evidence_kept_total",
                            "Answered requests handed to who watches and records.",
                            {{"lane", name}})),
      thinned_(metrics.counter(prefix + "_evidence_thinned_total",
                               "Answered requests left out at a recorded rate under overload.",
                               {{"lane", name}})),
      dropped_(metrics.counter(prefix + "_evidence_dropped_total",
                               "Answered requests for which there was no room.", {{"lane", name}})),
      rate_(metrics.gauge(prefix + "_evidence_rate", "Share of requests being kept.",
                          {{"lane", name}})),
      thinning_(capacity_bytes) {
  rate_.set(1);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EvidenceLane::~EvidenceLane() {
  thread_.request_stop();
  thread_.join();
}

void EvidenceLane::offer(std::shared_ptr<const Evidence> evidence, bool lossless) {
  const std::size_t bytes = evidence->bytes();
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t before = waiting_bytes_.load(std::memory_order_relaxed);
    const double rate = thinning_.rate();
    if (!lossless) {
      if (!thinning_.keeps(hash_of(evidence->prediction_id), before)) {
        thinned_.add();
        return;
      }
      if (before + bytes > capacity_) {
        dropped_.add();
        return;
      }
    }
    waiting_.push_back({.evidence = std::move(evidence), .rate = lossless ? 1 : thinning_.rate()});
    waiting_bytes_.store(before + bytes, std::memory_order_relaxed);
    ++offered_count_;
    if (thinning_.rate() != rate) rate_.set(thinning_.rate());
    // The first of a pause wakes the thread, and a queue that fills while it gathers.
    const bool filling = before < capacity_ / 4 && before + bytes >= capacity_ / 4;
    wake = waiting_.size() == 1 || filling;
    urgent_ = urgent_ || filling;
  }
  kept_.add();
  if (wake) offered_.notify_one();
}

void EvidenceLane::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = offered_count_;
  urgent_ = true;
  offered_.notify_one();
  taken_.wait(lock, [&] { return taken_count_ >= until; });
}

void EvidenceLane::run(const std::stop_token& stop) {
  std::vector<KeptEvidence> batch;
  TimePoint next_tick = clock_.now();
  std::unique_lock lock(mutex_);
  for (;;) {
    offered_.wait_for(lock, stop, kTick, [this] { return !waiting_.empty(); });
    if (!waiting_.empty() && !stop.stop_requested()) {
      offered_.wait_for(lock, stop, kGather, [this] { return urgent_; });
    }
    const bool last = stop.stop_requested();
    urgent_ = false;
    batch.swap(waiting_);
    lock.unlock();
    std::size_t bytes = 0;
    for (const KeptEvidence& each : batch) bytes += each.evidence->bytes();
    if (!batch.empty()) sink_.take(batch);
    const std::size_t count = batch.size();
    batch.clear();
    if (const TimePoint now = clock_.now(); now >= next_tick) {
      sink_.tick(clock_.wall_now());
      next_tick = now + kTick;
    }
    lock.lock();
    taken_count_ += count;
    waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    taken_.notify_all();
    if (last && waiting_.empty()) return;
  }
}

}  // namespace temper::gateway
