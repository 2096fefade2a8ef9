#include "temper/stats/quantile_bins.h"

#include <algorithm>
#include <cmath>

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// `value_at(rank)`: the rank-th smallest value, from 1; `below_maximum`: the largest value smaller
/// than the maximum, or the maximum itself where all are equal.
template <typename ValueAt>
std::vector<double> quantile_edges(std::uint64_t count, std::size_t most_bins, double below_maximum,
                                   const ValueAt& value_at) {
  std::vector<double> edges;
  if (count == 0) return edges;
  const double maximum = value_at(count);
  if (below_maximum == maximum) {
    // Everything up to the predecessor, the constant, everything above. An infinite constant has
    // nothing beyond it.
    const double before = std::nextafter(maximum, -kInfinity);
    if (before < maximum) edges.push_back(before);
    if (maximum < kInfinity) edges.push_back(maximum);
    return edges;
  }
  const std::uint64_t bins = std::clamp<std::size_t>(most_bins, 2, QuantileBins::kMostBins);
  for (std::uint64_t i = 1; i < bins; ++i) {
    // ceil(count i / bins) without overflow for counts below 2^60.
    const std::uint64_t rank = count / bins * i + (count % bins * i + bins - 1) / bins;
    const double value = value_at(std::max<std::uint64_t>(rank, 1));
    const double edge = value == maximum ? below_maximum : value;
    if (edges.empty() || edges.back() < edge) edges.push_back(edge);
  }
  return edges;
}

}  // namespace

QuantileBins::QuantileBins() { edges_.fill(kInfinity); }

Result<QuantileBins> QuantileBins::from_edges(std::span<const double> edges) {
  QuantileBins bins;
  if (edges.size() > bins.edges_.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} edges, at most {} are possible", edges.size(),
                bins.edges_.size());
  }
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::isnan(edges[i]) || (i > 0 && edges[i] <= edges[i - 1])) {
      return fail(ErrorCode::kInvalidArgument, "bin edges do not ascend");
    }
  }
  std::copy(edges.begin(), edges.end(), bins.edges_.begin());
  bins.edge_count_ = edges.size();
  return bins;
}

QuantileBins QuantileBins::from_sorted(std::span<const double> sorted, std::size_t most_bins) {
  if (sorted.empty()) return {};
  const auto at_maximum = std::lower_bound(sorted.begin(), sorted.end(), sorted.back());
  const double below = at_maximum == sorted.begin() ? sorted.back() : *(at_maximum - 1);
  const auto edges = quantile_edges(sorted.size(), most_bins, below,
                                    [&](std::uint64_t rank) { return sorted[rank - 1]; });
  auto bins = from_edges(edges);
  return bins ? *bins : QuantileBins();
}

QuantileBins QuantileBins::from_sample(const WeightedSample& sample, std::size_t most_bins) {
  const auto& values = sample.values;
  if (values.empty()) return {};
  const double below = values.size() == 1 ? values.back() : values[values.size() - 2];
  const auto edges = quantile_edges(sample.total(), most_bins, below, [&](std::uint64_t rank) {
    const auto at = std::lower_bound(sample.cumulative.begin(), sample.cumulative.end(), rank);
    return values[static_cast<std::size_t>(at - sample.cumulative.begin())];
  });
  auto bins = from_edges(edges);
  return bins ? *bins : QuantileBins();
}

QuantileBins QuantileBins::from_sketch(const KllSketch& sketch, std::size_t most_bins) {
  return from_sample(sketch.sample(), most_bins);
}

std::vector<std::uint64_t> QuantileBins::count(std::span<const double> values) const {
  std::array<std::uint64_t, kMostBins> counts{};
  for (const double value : values) {
    if (!std::isnan(value)) ++counts[index(value)];
  }
  return {counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(size())};
}

std::vector<std::uint64_t> QuantileBins::count_sorted(std::span<const double> sorted) const {
  std::vector<std::uint64_t> counts(size());
  auto from = sorted.begin();
  for (std::size_t i = 0; i < edge_count_; ++i) {
    const auto to = std::upper_bound(from, sorted.end(), edges_[i]);
    counts[i] = static_cast<std::uint64_t>(to - from);
    from = to;
  }
  counts.back() = static_cast<std::uint64_t>(sorted.end() - from);
  return counts;
}

std::vector<std::uint64_t> QuantileBins::count_sample(const WeightedSample& sample) const {
  std::vector<std::uint64_t> counts(size());
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    counts[index(sample.values[i])] += sample.cumulative[i] - before;
    before = sample.cumulative[i];
  }
  return counts;
}

void QuantileBins::write(ByteWriter& out) const { out.numbers(edges()); }

Result<QuantileBins> QuantileBins::read(ByteReader& in) {
  TEMPER_TRY(const std::vector<double> edges, in.numbers());
  return from_edges(edges);
}

}  // namespace temper::stats
