#include "temper/stats/kll_sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "temper/core/check.h"
#include "temper/stats/sorted_values.h"

namespace temper::stats {
namespace {

constexpr std::uint8_t kFormat = 1;
/// A level below the top holds 2/3 of the level above it, but never fewer than this.
constexpr std::size_t kSmallestCapacity = 8;
constexpr std::size_t kMostLevels = 60;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double square_of_weight(std::size_t level) { return std::ldexp(1.0, 2 * static_cast<int>(level)); }

}  // namespace

KllSketch::KllSketch(std::uint32_t k, std::uint64_t seed)
    : k_(std::clamp(k, kSmallestK, kLargestK)),
      buffer_size_(std::max<std::size_t>(2 * std::size_t{k_}, 64)),
      seed_(seed),
      min_(std::numeric_limits<double>::infinity()),
      max_(-std::numeric_limits<double>::infinity()) {
  buffer_.reserve(buffer_size_);
}

std::size_t KllSketch::capacity(std::size_t level) const {
  const double depth = static_cast<double>(levels_.size() - 1 - level);
  const double size = std::ceil(std::pow(2.0 / 3.0, depth) * static_cast<double>(k_));
  return std::max(kSmallestCapacity, static_cast<std::size_t>(size));
}

bool KllSketch::coin() { return (mix(seed_ + 0x9e3779b97f4a7c15ULL * ++coins_) & 1U) != 0; }

void KllSketch::add(std::span<const double> values) {
  while (!values.empty()) {
    const std::size_t room = std::min(values.size(), buffer_size_ - buffer_.size());
    const auto part = values.first(room);
    values = values.subspan(room);
    const std::size_t old = buffer_.size();
    buffer_.insert(buffer_.end(), part.begin(), part.end());
    const auto kept = std::remove_if(buffer_.begin() + static_cast<std::ptrdiff_t>(old),
                                     buffer_.end(), [](double value) { return value != value; });
    missing_ += static_cast<std::uint64_t>(buffer_.end() - kept);
    buffer_.erase(kept, buffer_.end());
    if (buffer_.size() == buffer_size_) compact_buffer();
  }
}

std::vector<double> KllSketch::halve(std::span<const double> sorted, std::size_t level) {
  TEMPER_CHECK(sorted.size() % 2 == 0);
  const std::size_t offset = coin() ? 1 : 0;
  std::vector<double> half(sorted.size() / 2);
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = sorted[2 * i + offset];
  error_variance_ += square_of_weight(level);
  return half;
}

void KllSketch::compact_buffer() {
  sort_short(buffer_);
  min_ = std::min(min_, buffer_.front());
  max_ = std::max(max_, buffer_.back());
  compacted_count_ += buffer_.size();
  std::vector<double> half = halve(buffer_, 0);
  buffer_.clear();
  push(1, std::move(half));
  compact_full_levels();
}

void KllSketch::push(std::size_t level, std::vector<double> sorted) {
  if (levels_.size() <= level) levels_.resize(level + 1);
  std::vector<double>& target = levels_[level];
  if (target.empty()) {
    target = std::move(sorted);
    return;
  }
  std::vector<double> merged(target.size() + sorted.size());
  std::merge(target.begin(), target.end(), sorted.begin(), sorted.end(), merged.begin());
  target = std::move(merged);
}

void KllSketch::compact_full_levels() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (levels_[level].size() <= capacity(level)) continue;
    std::vector<double> full = std::move(levels_[level]);
    levels_[level].clear();
    // An odd one stays behind, at its own weight; always the largest would bias the upper tail.
    if (full.size() % 2 != 0) {
      const bool keep_last = coin();
      levels_[level].push_back(keep_last ? full.back() : full.front());
      full.erase(keep_last ? full.end() - 1 : full.begin());
    }
    push(level + 1, halve(full, level));
  }
}

void KllSketch::merge(const KllSketch& other) {
  if (this == &other) {
    merge(KllSketch(other));
    return;
  }
  missing_ += other.missing_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  error_variance_ += other.error_variance_;
  compacted_count_ += other.compacted_count_;
  for (std::size_t level = 0; level < other.levels_.size(); ++level) {
    if (!other.levels_[level].empty()) push(level, other.levels_[level]);
  }
  add(other.buffer_);
  if (!levels_.empty()) compact_full_levels();
}

std::size_t KllSketch::retained() const {
  std::size_t size = buffer_.size();
  for (const auto& level : levels_) size += level.size();
  return size;
}

double KllSketch::min() const {
  double least = min_;
  for (const double value : buffer_) least = std::min(least, value);
  return least;
}

double KllSketch::max() const {
  double most = max_;
  for (const double value : buffer_) most = std::max(most, value);
  return most;
}

std::uint64_t KllSketch::rank(double value) const {
  if (is_empty() || value != value) return 0;
  if (value >= max()) return count();
  std::uint64_t rank = 0;
  for (const double each : buffer_) rank += each <= value ? 1 : 0;
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const auto& values = levels_[level];
    const auto end = std::upper_bound(values.begin(), values.end(), value);
    rank += static_cast<std::uint64_t>(end - values.begin()) << level;
  }
  return rank;
}

double KllSketch::cdf(double value) const {
  return is_empty() ? 0 : static_cast<double>(rank(value)) / static_cast<double>(count());
}

WeightedSample KllSketch::sample() const {
  std::vector<std::pair<double, std::uint64_t>> weighted;
  weighted.reserve(retained());
  for (const double value : buffer_) weighted.emplace_back(value, 1);
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    for (const double value : levels_[level]) {
      weighted.emplace_back(value, std::uint64_t{1} << level);
    }
  }
  std::sort(weighted.begin(), weighted.end());
  WeightedSample sample;
  std::uint64_t total = 0;
  for (const auto& [value, weight] : weighted) {
    total += weight;
    if (!sample.values.empty() && sample.values.back() == value) {
      sample.cumulative.back() = total;
    } else {
      sample.values.push_back(value);
      sample.cumulative.push_back(total);
    }
  }
  return sample;
}

double KllSketch::quantile(double q) const {
  if (is_empty()) return std::numeric_limits<double>::quiet_NaN();
  if (!(q > 0)) return min();
  if (q >= 1) return max();
  const WeightedSample points = sample();
  const double wanted = q * static_cast<double>(points.total());
  const auto at =
      std::find_if(points.cumulative.begin(), points.cumulative.end(),
                   [&](std::uint64_t rank) { return static_cast<double>(rank) >= wanted; });
  return points.values[static_cast<std::size_t>(at - points.cumulative.begin())];
}

double KllSketch::rank_error(double delta) const {
  if (is_exact() || is_empty()) return 0;
  const double bound = std::sqrt(2 * error_variance_ * std::log(2 / delta));
  return std::min(1.0, bound / static_cast<double>(count()));
}

double KllSketch::uniform_rank_error(double delta) const {
  if (is_exact() || is_empty()) return 0;
  // Between two neighbours of a grid of `points` quantiles no rank can be off by more than at the
  // two, plus the grid's spacing; a union bound covers the grid. The best spacing lies near the
  // pointwise error itself.
  double best = 1;
  for (double points = 16; points <= 65536; points *= 2) {
    best = std::min(best, rank_error(delta / points) + 1 / points);
  }
  return best;
}

void KllSketch::write(ByteWriter& out) const {
  out.u8(kFormat);
  out.u32(k_);
  out.u64(seed_);
  out.u64(coins_);
  out.u64(missing_);
  out.u64(compacted_count_);
  out.f64(error_variance_);
  out.f64(min_);
  out.f64(max_);
  out.numbers(buffer_);
  out.u8(static_cast<std::uint8_t>(levels_.size()));
  for (const auto& level : levels_) out.numbers(level);
}

Result<KllSketch> KllSketch::read(ByteReader& in) {
  TEMPER_TRY(const std::uint8_t format, in.u8());
  if (format != kFormat) {
    return fail(ErrorCode::kInvalidArgument, "a quantile sketch of format {}, known is {}", format,
                kFormat);
  }
  TEMPER_TRY(const std::uint32_t k, in.u32());
  if (k < kSmallestK || k > kLargestK) {
    return fail(ErrorCode::kInvalidArgument, "a quantile sketch with k = {}", k);
  }
  TEMPER_TRY(const std::uint64_t seed, in.u64());
  KllSketch sketch(k, seed);
  TEMPER_TRY(sketch.coins_, in.u64());
  TEMPER_TRY(sketch.missing_, in.u64());
  TEMPER_TRY(sketch.compacted_count_, in.u64());
  TEMPER_TRY(sketch.error_variance_, in.f64());
  TEMPER_TRY(sketch.min_, in.f64());
  TEMPER_TRY(sketch.max_, in.f64());
  TEMPER_TRY(const std::vector<double> buffer, in.numbers());
  if (buffer.size() >= sketch.buffer_size_ ||
      std::any_of(buffer.begin(), buffer.end(), [](double value) { return value != value; })) {
    return fail(ErrorCode::kInvalidArgument, "a quantile sketch with a broken buffer");
  }
  sketch.buffer_.assign(buffer.begin(), buffer.end());
  TEMPER_TRY(const std::uint8_t levels, in.u8());
  if (levels > kMostLevels) {
    return fail(ErrorCode::kInvalidArgument, "a quantile sketch with {} levels", levels);
  }
  std::uint64_t total = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    TEMPER_TRY(std::vector<double> values, in.numbers());
    const bool is_valid =
        values.size() <= 2 * sketch.buffer_size_ && std::is_sorted(values.begin(), values.end()) &&
        std::none_of(values.begin(), values.end(), [](double value) { return value != value; });
    if (!is_valid) {
      return fail(ErrorCode::kInvalidArgument, "a quantile sketch with a broken level {}", level);
    }
    if (!values.empty() && !(sketch.min_ <= values.front() && values.back() <= sketch.max_)) {
      return fail(ErrorCode::kInvalidArgument, "a quantile sketch with values out of its range");
    }
    if (values.size() > (std::uint64_t{1} << kMostLevels) >> level) {
      return fail(ErrorCode::kInvalidArgument, "a quantile sketch whose weights do not add up");
    }
    total += std::uint64_t{values.size()} << level;
    sketch.levels_.push_back(std::move(values));
  }
  const bool adds_up = total == sketch.compacted_count_ &&
                       sketch.compacted_count_ < (std::uint64_t{1} << kMostLevels) &&
                       sketch.missing_ < (std::uint64_t{1} << kMostLevels);
  if (!adds_up || !std::isfinite(sketch.error_variance_) || sketch.error_variance_ < 0) {
    return fail(ErrorCode::kInvalidArgument, "a quantile sketch whose weights do not add up");
  }
  return sketch;
}

std::string KllSketch::serialise() const {
  ByteWriter out;
  write(out);
  return out.take();
}

Result<KllSketch> KllSketch::parse(std::string_view bytes) {
  ByteReader in(bytes);
  TEMPER_TRY(KllSketch sketch, read(in));
  if (in.left() != 0) {
    return fail(ErrorCode::kInvalidArgument, "{} bytes behind a quantile sketch", in.left());
  }
  return sketch;
}

}  // namespace temper::stats
