#include "temper/cli/client/latency_recorder.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace temper::client {
namespace {

// Below 2^11 every value has a bucket; above, each octave has 2^10 buckets.
constexpr int kSubBits = 10;
constexpr std::uint64_t kLinear = std::uint64_t{1} << (kSubBits + 1);
constexpr int kMaxBits = 42;
constexpr std::size_t kBuckets = kLinear + (std::size_t{kMaxBits - kSubBits - 1} << kSubBits);

std::size_t bucket_of(std::uint64_t value) {
  if (value < kLinear) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
  const std::size_t octave = static_cast<std::size_t>(shift - 1);
  const std::size_t within = (value >> shift) - (std::uint64_t{1} << kSubBits);
  return std::min(kLinear + (octave << kSubBits) + within, kBuckets - 1);
}

std::uint64_t bucket_end(std::size_t index) {
  if (index < kLinear) return index;
  const std::size_t octave = (index - kLinear) >> kSubBits;
  const std::uint64_t within = (index - kLinear) & ((std::uint64_t{1} << kSubBits) - 1);
  const std::uint64_t next = (std::uint64_t{1} << kSubBits) + within + 1;
  return (next << (octave + 1)) - 1;
}

}  // namespace

LatencyRecorder::LatencyRecorder() : buckets_(kBuckets) {}

void LatencyRecorder::record(Duration latency) {
  const Duration bounded = std::max(latency, Duration::zero());
  ++buckets_[bucket_of(static_cast<std::uint64_t>(bounded.count()))];
  ++count_;
  max_ = std::max(max_, bounded);
}

void LatencyRecorder::merge(const LatencyRecorder& other) {
  for (std::size_t k = 0; k < kBuckets; ++k) buckets_[k] += other.buckets_[k];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Duration LatencyRecorder::quantile(double share) const {
  if (count_ == 0) return Duration::zero();
  const double wanted = std::ceil(share * static_cast<double>(count_));
  const std::uint64_t rank =
      std::clamp(static_cast<std::uint64_t>(std::max(wanted, 1.0)), std::uint64_t{1}, count_);
  std::uint64_t below = 0;
  for (std::size_t k = 0; k < kBuckets; ++k) {
    below += buckets_[k];
    if (below >= rank) {
      return std::min(Duration(static_cast<std::int64_t>(bucket_end(k))), max_);
    }
  }
  return max_;
}

}  // namespace temper::client
