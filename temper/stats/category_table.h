// Categories of a reference, the rare ones pooled, by which live values are counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::stats {

using CategoryCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// Bins of a categorical feature.
///
/// Shapes:  one bin for each category with at least `pooled_below` of the reference's values, in
///          descending order of count (ties by name), and a last bin for all others, categories
///          that the reference never saw among them.
/// Edges:   an empty reference has only the last bin.
class CategoryTable {
 public:
  static constexpr double kPooledBelow = 0.01;

  CategoryTable() = default;
  explicit CategoryTable(const CategoryCounts& reference, double pooled_below = kPooledBelow);

  /// Bins, the last one included.
  [[nodiscard]] std::size_t size() const { return names_.size() + 1; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// O(log bins).
  [[nodiscard]] std::size_t index(std::string_view category) const;
  [[nodiscard]] std::vector<std::uint64_t> count(const CategoryCounts& counts) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace temper::stats
