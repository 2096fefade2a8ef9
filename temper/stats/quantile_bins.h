// Bins of equal reference mass, by which live values are counted.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/encoding.h"
#include "temper/stats/kll_sketch.h"

namespace temper::stats {

/// At most 10 bins cut at the reference's quantiles.
///
/// Shapes:  `edges()` are ascending and distinct; bin i is (edges[i-1], edges[i]], the first starts
///          at -inf and the last ends at +inf, both included, so that every number has a bin.
/// Value:   the edges are the quantiles i/10 (inverse of the empirical distribution); of equal ones
///          one remains. An edge at the maximum moves to the largest smaller value, so that mass at
///          the maximum has a bin of its own.
/// Edges:   a constant reference c gives three bins, below c, c and above c. An empty reference
///          gives one bin. NaN has no bin: `count` leaves it out.
/// Cost:    `index` takes nine comparisons without a branch.
class QuantileBins {
 public:
  static constexpr std::size_t kMostBins = 10;

  /// One bin.
  QuantileBins();
  /// `sorted` ascending, without NaN.
  [[nodiscard]] static QuantileBins from_sorted(std::span<const double> sorted,
                                                std::size_t most_bins = kMostBins);
  [[nodiscard]] static QuantileBins from_sample(const WeightedSample& sample,
                                                std::size_t most_bins = kMostBins);
  [[nodiscard]] static QuantileBins from_sketch(const KllSketch& sketch,
                                                std::size_t most_bins = kMostBins);
  /// Errors: kInvalidArgument for more than 9 edges, NaN, or edges that do not ascend.
  [[nodiscard]] static Result<QuantileBins> from_edges(std::span<const double> edges);

  [[nodiscard]] std::size_t size() const { return edge_count_ + 1; }
  [[nodiscard]] std::span<const double> edges() const { return {edges_.data(), edge_count_}; }

  /// Bin of `value`, which is not NaN.
  [[nodiscard]] std::size_t index(double value) const {
    std::size_t below = 0;
    // Unused edges are +inf, and no value is greater.
    for (const double edge : edges_) below += edge < value ? 1 : 0;
    return below;
  }
  /// Values per bin; NaN is left out.
  [[nodiscard]] std::vector<std::uint64_t> count(std::span<const double> values) const;
  /// The same for ascending values without NaN, in O(bins log n).
  [[nodiscard]] std::vector<std::uint64_t> count_sorted(std::span<const double> sorted) const;
  [[nodiscard]] std::vector<std::uint64_t> count_sample(const WeightedSample& sample) const;

  void write(ByteWriter& out) const;
  [[nodiscard]] static Result<QuantileBins> read(ByteReader& in);

  bool operator==(const QuantileBins&) const = default;

 private:
  std::array<double, kMostBins - 1> edges_;
  std::size_t edge_count_ = 0;
};

}  // namespace temper::stats
