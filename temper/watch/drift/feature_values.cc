#include "temper/watch/drift/feature_values.h"

#include <bit>
#include <cmath>

namespace temper::drift {
void FeatureValues::append(const FeatureColumn& column) {
  if (!categorical_) {
    numbers_.insert(numbers_.end(), column.numbers.begin(), column.numbers.end());
    return;
  }
  for (const std::string_view text : column.texts) append_category(category_id(text));
  for (const double number : column.numbers) append_number(number);
}

void FeatureValues::append_number(double number) {
  if (categorical_) {
    categories_.push_back(std::isnan(number) ? 0 : category_id(class_text(number)));
  } else {
    numbers_.push_back(number);
  }
}

void FeatureValues::clear() {
  numbers_.clear();
  categories_.clear();
}

ColumnView FeatureValues::view(std::size_t first, std::size_t count) const {
  ColumnView view;
  if (categorical_) {
    view.categories = std::span(categories_).subspan(first, count);
  } else {
    view.numbers = std::span(numbers_).subspan(first, count);
  }
  return view;
}

std::uint64_t FeatureValues::bits(std::size_t row) const {
  return categorical_ ? categories_[row] : std::bit_cast<std::uint64_t>(numbers_[row]);
}

std::vector<FeatureValues> values_of(const FeatureMap& map) {
  std::vector<FeatureValues> values;
  for (const Feature& feature : map.features()) values.emplace_back(feature.kind);
  return values;
}

void append_rows(const FeatureMap& map, std::span<const Tensor> tensors,
                 std::vector<FeatureValues>& values) {
  std::vector<FeatureColumn> columns;
  take_feature_rows(map, tensors, columns);
  for (std::size_t k = 0; k < columns.size(); ++k) values[k].append(columns[k]);
}

}  // namespace temper::drift
