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
  /// Column `column` of a tensor, as `take_feature_rows` would give it.
  void append(const Tensor& tensor, std::int64_t column);

  [[nodiscard]] std::size_t size() const { return numbers_.size() + categories_.size(); }
  [[nodiscard]] ColumnView view(std::size_t first, std::size_t count) const;
  [[nodiscard]] ColumnView view() const { return view(0, size()); }
  /// The value's bits, for ordering rows of equal time.
  [[nodiscard]] std::uint64_t bits(std::size_t row) const;

  /// Replaces the content by the given rows of `other`, which is of the same feature.
  void take(const FeatureValues& other, std::span<const std::size_t> rows);

 private:
  bool categorical_;
  std::vector<double> numbers_;
  std::vector<std::uint64_t> categories_;
};

/// One for each feature of the map.
[[nodiscard]] std::vector<FeatureValues> values_of(const FeatureMap& map);

/// The rows of one request: what take_feature_rows and `append` do together, without a column made
/// for each feature of each request.
void append_rows(const FeatureMap& map, std::span<const Tensor> tensors,
                 std::vector<FeatureValues>& values);

}  // namespace temper::drift
