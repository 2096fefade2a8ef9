// Seeded randomness: same seed, same numbers, on every machine.
#pragma once

#include <array>
#include <cstdint>

namespace temper {

/// xoshiro256++ seeded through SplitMix64. Not for secrets: use `random_bytes` for those.
/// Source: Blackman & Vigna, "Scrambled linear pseudorandom number generators" (2021).
class Rng {
 public:
  using result_type = std::uint64_t;
  explicit Rng(std::uint64_t seed);

  [[nodiscard]] static constexpr result_type min() { return 0; }
  [[nodiscard]] static constexpr result_type max() { return ~result_type{0}; }

  result_type operator()();
  /// Uniform in [0, 1), 53 random bits.
  double uniform();
  /// Uniform in [0, bound), without modulo bias; `bound` must be positive.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Marsaglia's polar method).
  double normal();
  /// Exponential with mean 1.
  double exponential();

 private:
  std::array<std::uint64_t, 4> state_;
};

/// Fills `out` from the operating system's generator; for keys, salts and ids.
void random_bytes(void* out, std::size_t size);

/// An unpredictable seed, for the few places that must not repeat.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace temper
