// Every distance between two samples of one numeric column, in one go: the batch comparison's core.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "temper/stats/jensen_shannon.h"
#include "temper/stats/kll_sketch.h"
#include "temper/stats/kolmogorov_smirnov.h"
#include "temper/stats/population_stability.h"
#include "temper/stats/quantile_bins.h"
#include "temper/stats/sorted_values.h"

namespace temper::stats {

struct ColumnDistances {
  KolmogorovSmirnov ks;
  /// By the reference's quantile bins, as is `js`.
  PopulationStability psi;
  JensenShannon js;
  double wasserstein = 0;
};

/// What is known of the reference of one column once: its distribution, its bins and their counts.
class ReferenceColumn {
 public:
  /// `sorted` ascending, without NaN; kept by reference, so it has to outlive this.
  explicit ReferenceColumn(std::span<const double> sorted);
  explicit ReferenceColumn(const KllSketch& sketch);
  /// Bins and counts that were stored with the sketch; `counts` has one per bin.
  ReferenceColumn(const KllSketch& sketch, const QuantileBins& bins,
                  std::vector<std::uint64_t> counts);

  [[nodiscard]] const QuantileBins& bins() const { return bins_; }
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// All distances to `current`, ascending and without NaN; nullopt if either side is empty.
  /// Cost: one walk over both, O(n + m).
  [[nodiscard]] std::optional<ColumnDistances> compare(std::span<const double> current) const;

 private:
  std::span<const double> sorted_;
  WeightedSample sample_;
  bool is_sketch_ = false;
  double sketch_error_ = 0;
  std::uint64_t size_ = 0;
  QuantileBins bins_;
  std::vector<std::uint64_t> counts_;
};

/// Compares columns one after the other, with buffers that it keeps.
class ColumnComparer {
 public:
  /// Both in any order; NaN is left out.
  [[nodiscard]] std::optional<ColumnDistances> compare(std::span<const double> reference,
                                                       std::span<const double> current);
  [[nodiscard]] std::optional<ColumnDistances> compare(const ReferenceColumn& reference,
                                                       std::span<const double> current);

 private:
  Sorter reference_sorter_;
  Sorter current_sorter_;
};

}  // namespace temper::stats
