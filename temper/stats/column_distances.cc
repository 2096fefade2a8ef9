#include "temper/stats/column_distances.h"

#include <algorithm>
#include <utility>

#include "temper/core/check.h"
#include "temper/stats/ecdf_distance.h"

namespace temper::stats {

ReferenceColumn::ReferenceColumn(std::span<const double> sorted)
    : sorted_(sorted),
      size_(sorted.size()),
      bins_(QuantileBins::from_sorted(sorted)),
      counts_(bins_.count_sorted(sorted)) {}

ReferenceColumn::ReferenceColumn(const KllSketch& sketch)
    : sample_(sketch.sample()),
      is_sketch_(true),
      sketch_error_(sketch.uniform_rank_error()),
      size_(sketch.count()),
      bins_(QuantileBins::from_sample(sample_)),
      counts_(bins_.count_sample(sample_)) {}

ReferenceColumn::ReferenceColumn(const KllSketch& sketch, const QuantileBins& bins,
                                 std::vector<std::uint64_t> counts)
    : sample_(sketch.sample()),
      is_sketch_(true),
      sketch_error_(sketch.uniform_rank_error()),
      size_(sketch.count()),
      bins_(bins),
      counts_(std::move(counts)) {
  TEMPER_CHECK(counts_.size() == bins_.size());
}

std::optional<ColumnDistances> ReferenceColumn::compare(std::span<const double> current) const {
  if (size_ == 0 || current.empty()) return std::nullopt;
  const EcdfDistance ecdf =
      is_sketch_ ? ecdf_distance(sample_, current) : ecdf_distance(sorted_, current);
  const KsPValue p =
      ks_p_value(std::max(0.0, ecdf.supremum - sketch_error_), size_, current.size());
  const std::vector<std::uint64_t> live = bins_.count_sorted(current);
  const auto psi = population_stability_index(counts_, live);
  const auto js = jensen_shannon(counts_, live);
  if (!psi || !js) return std::nullopt;
  return ColumnDistances{.ks = {.statistic = ecdf.supremum,
                                .p_value = p.p_value,
                                .is_exact = p.is_exact && sketch_error_ == 0,
                                .sketch_error = sketch_error_},
                         .psi = *psi,
                         .js = *js,
                         .wasserstein = ecdf.area};
}

std::optional<ColumnDistances> ColumnComparer::compare(std::span<const double> reference,
                                                       std::span<const double> current) {
  const ReferenceColumn column(reference_sorter_.sort(reference));
  return column.compare(current_sorter_.sort(current));
}

std::optional<ColumnDistances> ColumnComparer::compare(const ReferenceColumn& reference,
                                                       std::span<const double> current) {
  return reference.compare(current_sorter_.sort(current));
}

}  // namespace temper::stats
