// The values of one feature, gathered row by row from requests or from a reference.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "temper/model/features/feature_map.h"
#include "temper/model/features/feature_rows.h"
#include "temper/watch/drift/feature_bins.h"

namespace temper::drift {

/// Numbers, or categories where the feature is one: texts by their content, and the numbers of a
/// categorical feature as they are written ("3", "0.5").
class FeatureValues {
 public:
  explicit FeatureValues(FeatureKind kind) : categorical_(kind == FeatureKind::kCategorical) {}

  void append(const FeatureColumn& column);
  void append_number(double number);
  /// Of a feature given as text: `category_id` of it.
  void append_category(std::uint64_t id) { categories_.push_back(id); }
  /// Keeps the room.
  void clear();

  [[nodiscard]] std::size_t size() const { return numbers_.size() + categories_.size(); }
  [[nodiscard]] ColumnView view(std::size_t first, std::size_t count) const;
  [[nodiscard]] ColumnView view() const { return view(0, size()); }
  /// The value's bits, for ordering rows of equal time.
  [[nodiscard]] std::uint64_t bits(std::size_t row) const;

 private:
  bool categorical_;
  std::vector<double> numbers_;
  std::vector<std::uint64_t> categories_;
};

/// One for each feature of the map.
[[nodiscard]] std::vector<FeatureValues> values_of(const FeatureMap& map);

/// The rows of some tensors, a value of each to each feature.
void append_rows(const FeatureMap& map, std::span<const Tensor> tensors,
                 std::vector<FeatureValues>& values);

}  // namespace temper::drift
