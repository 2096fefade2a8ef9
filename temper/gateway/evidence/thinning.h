// At which rate evidence is kept while its sink cannot follow. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace temper::gateway {

/// Keeps all while less than half of the room is taken; above that it halves the rate, and doubles
/// it again below a quarter. Each change is followed by a look at the fill that it led to: the next
/// one needs `kSettle` offers. What is kept is decided by a hash of the request's id and never by
/// the load at its moment, so that within a rate the kept ones are a fair sample.
class Thinning {
 public:
  /// Offers between two changes of the rate.
  static constexpr std::uint32_t kSettle = 256;
  /// The lowest rate is 2^-kMostHalvings.
  static constexpr int kMostHalvings = 20;

  explicit Thinning(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// Whether a request whose id hashes to `hash` (uniform in 64 bits) is kept.
  [[nodiscard]] bool keeps(std::uint64_t hash, std::size_t waiting_bytes) {
    if (settling_ > 0) --settling_;
    if (waiting_bytes > capacity_ / 2 && halvings_ < kMostHalvings) change(1);
    if (waiting_bytes < capacity_ / 4 && halvings_ > 0) change(-1);
    return halvings_ == 0 || hash >> (64 - halvings_) == 0;
  }

  /// Of those kept now: the share of all requests.
  [[nodiscard]] double rate() const {
    return 1.0 / static_cast<double>(std::uint64_t{1} << halvings_);
  }

 private:
  void change(int step) {
    if (settling_ > 0) return;
    halvings_ += step;
    settling_ = kSettle;
  }

  const std::size_t capacity_;
  int halvings_ = 0;
  std::uint32_t settling_ = 0;
};

}  // namespace temper::gateway
