// Quantiles of a stream in a few kilobytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"
#include "temper/stats/moments.h"

namespace temper::stats {

/// A weighted sample in ascending order, with the sum of the weights up to each value.
struct WeightedSample {
  std::vector<double> values;
  /// `cumulative[i]` = number of values <= `values[i]`; distinct values, so strictly ascending.
  std::vector<std::uint64_t> cumulative;

  [[nodiscard]] std::uint64_t total() const { return cumulative.empty() ? 0 : cumulative.back(); }
};

/// Mergeable quantile sketch.
///
/// Values:  any double; NaN is counted as missing and left out, infinities are ordinary extremes.
///          The smallest and the largest value are exact.
/// Error:   `rank_error(delta)` bounds |estimated - true| rank / n at one point with probability
///          1 - delta, `uniform_rank_error(delta)` at all points at once. Both are computed from
///          the compactions that really happened (each moves a rank by at most its weight, with
///          mean 0: Azuma-Hoeffding), so they also hold after any sequence of merges. Up to
///          `buffer_size` values the sketch is exact. At k = 256 the largest error
///          over 1,000 quantiles stays below 1.5 % in streams of 50,000 values (kll_sketch_test).
/// Order:   the same seed and the same sequence of calls give the same bytes. `add(span)` equals
///          adding its values one by one.
/// Cost:    about 3 k + buffer_size doubles; amortised O(log buffer_size) a value.
/// Threads: none; keep one per thread and merge.
/// Source:  Karnin, Lang & Liberty, Optimal quantile approximation in streams (2016). Levels are
///          kept sorted, so that a compaction is a merge and never a sort.
class KllSketch {
 public:
  static constexpr std::uint32_t kDefaultK = 256;
  static constexpr std::uint32_t kSmallestK = 8;
  static constexpr std::uint32_t kLargestK = 1U << 16;

  /// `k` is clamped to [kSmallestK, kLargestK].
  explicit KllSketch(std::uint32_t k = kDefaultK, std::uint64_t seed = 0);

  void add(double value) {
    if (value != value) {
      ++missing_;
      return;
    }
    buffer_.push_back(value);
    if (buffer_.size() == buffer_size_) compact_buffer();
  }
  void add(std::span<const double> values);
  /// Values of `other` are as if added here. Sketches of different k may be merged: the larger
  /// error of the two remains.
  void merge(const KllSketch& other);

  [[nodiscard]] std::uint32_t k() const { return k_; }
  /// Numbers added, NaN not among them.
  [[nodiscard]] std::uint64_t count() const { return compacted_count_ + buffer_.size(); }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  [[nodiscard]] bool is_empty() const { return count() == 0; }
  /// True while no compaction has happened: every rank is exact.
  [[nodiscard]] bool is_exact() const { return error_variance_ == 0; }
  /// Values kept.
  [[nodiscard]] std::size_t retained() const;

  /// +inf and -inf where empty.
  [[nodiscard]] double min() const;
  [[nodiscard]] double max() const;
  /// Estimated share of values <= `value`; 0 where empty. O(retained).
  [[nodiscard]] double cdf(double value) const;
  /// Estimated number of values <= `value`.
  [[nodiscard]] std::uint64_t rank(double value) const;
  /// Smallest kept value whose cdf is at least `q` (inverse of the empirical distribution, Hyndman
  /// and Fan's type 1); q is clamped to [0, 1] and 0 gives min(). NaN where empty. O(retained log).
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] double rank_error(double delta = 0.01) const;
  [[nodiscard]] double uniform_rank_error(double delta = 0.01) const;
  /// What distances and bins are computed from.
  [[nodiscard]] WeightedSample sample() const;

  /// Format version, then the state. The buffer is written as it is, so that a parsed sketch goes
  /// on exactly as the original would.
  void write(ByteWriter& out) const;
  /// Errors: kInvalidArgument for bytes that end early, another version, levels that are unsorted,
  /// too large or hold NaN, weights that do not add up to the count.
  [[nodiscard]] static Result<KllSketch> read(ByteReader& in);
  [[nodiscard]] std::string serialise() const;
  [[nodiscard]] static Result<KllSketch> parse(std::string_view bytes);

  bool operator==(const KllSketch&) const = default;

 private:
  void compact_buffer();
  void push(std::size_t level, std::vector<double> sorted);
  void compact_full_levels();
  [[nodiscard]] std::size_t capacity(std::size_t level) const;
  [[nodiscard]] bool coin();
  [[nodiscard]] std::vector<double> halve(std::span<const double> sorted, std::size_t level);

  std::uint32_t k_;
  std::size_t buffer_size_;
  std::uint64_t seed_;
  std::uint64_t coins_ = 0;
  std::uint64_t missing_ = 0;
  /// Total weight in `levels_`.
  std::uint64_t compacted_count_ = 0;
  /// Sum over compactions of the square of their weight: bounds the variance of every rank.
  double error_variance_ = 0;
  double min_;
  double max_;
  /// Weight 1, unsorted.
  std::vector<double> buffer_;
  /// `levels_[h]`: ascending values of weight 2^h.
  std::vector<std::vector<double>> levels_;
};

}  // namespace temper::stats
