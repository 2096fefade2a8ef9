#include "temper/stats/sorted_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace temper::stats {
namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
/// Fewer values sort faster by comparison than by counting digits.
constexpr std::size_t kFew = 64;

/// Unsigned integers in the order of the doubles: negative ones reversed, below the positive ones.
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto negative = static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> 63);
  return bits ^ (negative | kSign);
}

double value_of(std::uint64_t key) {
  const auto positive = static_cast<std::uint64_t>(static_cast<std::int64_t>(key) >> 63);
  return std::bit_cast<double>(key ^ (~positive | kSign));
}

/// Counts of the digits of the highest bits, the highest digit last.
template <unsigned kBits, unsigned kPasses>
struct Digits {
  static constexpr std::size_t kValues = std::size_t{1} << kBits;
  static constexpr std::uint64_t kMask = kValues - 1;
  static constexpr unsigned shift(unsigned pass) { return 64 - kBits * (kPasses - pass); }
  static constexpr std::uint64_t kBelow = (std::uint64_t{1} << shift(0)) - 1;

  std::array<std::array<std::uint32_t, kValues>, kPasses> counts{};

  void add(std::uint64_t key) {
    for (unsigned pass = 0; pass < kPasses; ++pass) ++counts[pass][(key >> shift(pass)) & kMask];
  }

  /// One stable pass; false, and nothing done, where all keys have the same digit.
  bool scatter(unsigned pass, std::span<const std::uint64_t> from, std::uint64_t* to) {
    auto& start = counts[pass];
    if (start[(from[0] >> shift(pass)) & kMask] == from.size()) return false;
    std::uint32_t sum = 0;
    for (std::uint32_t& each : start) sum += std::exchange(each, sum);
    for (const std::uint64_t key : from) to[start[(key >> shift(pass)) & kMask]++] = key;
    return true;
  }
};

/// Finishes keys that are sorted but for bits that lie below the digits; false when that would take
/// more than `most_moves`, with the keys still a permutation of what they were.
bool insertion_pass(std::span<std::uint64_t> keys, std::size_t most_moves) {
  std::size_t moves = 0;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const std::uint64_t key = keys[i];
    if (keys[i - 1] <= key) continue;
    std::size_t at = i;
    while (at > 0 && keys[at - 1] > key) {
      keys[at] = keys[at - 1];
      --at;
    }
    keys[at] = key;
    moves += i - at;
    if (moves > most_moves) return false;
  }
  return true;
}

/// Six passes over all 64 bits: for values so close together that their highest bits agree.
void sort_whole_keys(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& spare) {
  constexpr unsigned kBits = 11;
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
  for (unsigned shift = 0; shift < 64; shift += kBits) {
    std::array<std::uint32_t, kMask + 1> start{};
    for (const std::uint64_t key : keys) ++start[(key >> shift) & kMask];
    std::uint32_t sum = 0;
    for (std::uint32_t& each : start) sum += std::exchange(each, sum);
    for (const std::uint64_t key : keys) spare[start[(key >> shift) & kMask]++] = key;
    keys.swap(spare);
  }
}

}  // namespace

std::span<const double> Sorter::sort(std::span<const double> values) {
  Digits<11, 3> digits;
  keys_.resize(values.size());
  std::size_t size = 0;
  std::uint64_t any = 0;
  std::uint64_t all = ~std::uint64_t{0};
  for (const double value : values) {
    if (value != value) continue;
    const std::uint64_t key = key_of(value);
    keys_[size++] = key;
    any |= key;
    all &= key;
    digits.add(key);
  }
  missing_ = values.size() - size;
  keys_.resize(size);
  // Positions are counted in 32 bits.
  if (size < kFew || size > 0xffff'ffffU) {
    std::sort(keys_.begin(), keys_.end());
  } else {
    spare_.resize(size);
    for (unsigned pass = 0; pass < 3; ++pass) {
      if (digits.scatter(pass, keys_, spare_.data())) keys_.swap(spare_);
    }
    const bool has_more_bits = ((any ^ all) & digits.kBelow) != 0;
    if (has_more_bits && !insertion_pass(keys_, 4 * size)) sort_whole_keys(keys_, spare_);
  }
  sorted_.resize(size);
  for (std::size_t i = 0; i < size; ++i) sorted_[i] = value_of(keys_[i]);
  return sorted_;
}

void sort_short(std::span<double> values) {
  const std::size_t size = values.size();
  if (size < kFew || size > kShortSample) {
    std::sort(values.begin(), values.end());
    return;
  }
  // Not cleared: only the first `size` are used.
  std::array<std::uint64_t, kShortSample> first;
  std::array<std::uint64_t, kShortSample> second;
  Digits<8, 4> digits;
  for (std::size_t i = 0; i < size; ++i) {
    first[i] = key_of(values[i]);
    digits.add(first[i]);
  }
  std::span<std::uint64_t> keys(first.data(), size);
  std::span<std::uint64_t> spare(second.data(), size);
  for (unsigned pass = 0; pass < 4; ++pass) {
    if (digits.scatter(pass, keys, spare.data())) std::swap(keys, spare);
  }
  if (!insertion_pass(keys, 8 * size)) std::sort(keys.begin(), keys.end());
  for (std::size_t i = 0; i < size; ++i) values[i] = value_of(keys[i]);
}

}  // namespace temper::stats
