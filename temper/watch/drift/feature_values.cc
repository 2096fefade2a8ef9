#include "temper/watch/drift/feature_values.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace temper::drift {
namespace {

template <typename T>
void append_strided(const std::byte* first, std::size_t stride, std::size_t rows,
                    std::vector<double>& numbers) {
  for (std::size_t row = 0; row < rows; ++row) {
    T value;
    std::memcpy(&value, first + row * stride * sizeof(T), sizeof value);
    numbers.push_back(static_cast<double>(value));
  }
}

}  // namespace

void FeatureValues::append(const FeatureColumn& column) {
  if (!categorical_) {
    numbers_.insert(numbers_.end(), column.numbers.begin(), column.numbers.end());
    return;
  }
  for (const std::string_view text : column.texts) categories_.push_back(category_id(text));
  for (const double number : column.numbers) {
    categories_.push_back(std::isnan(number) ? 0 : category_id(class_text(number)));
  }
}

void FeatureValues::append(const Tensor& tensor, std::int64_t column) {
  const auto rows = static_cast<std::size_t>(tensor.rows());
  const auto at = static_cast<std::size_t>(column);
  const std::size_t stride =
      tensor.shape.size() == 2 ? static_cast<std::size_t>(tensor.shape[1]) : 1;
  const std::byte* first = tensor.data.data() + at * element_size(tensor.datatype);
  if (!categorical_ && tensor.datatype == DataType::kFp32) {
    append_strided<float>(first, stride, rows, numbers_);
  } else if (!categorical_ && tensor.datatype == DataType::kFp64) {
    append_strided<double>(first, stride, rows, numbers_);
  } else if (!categorical_) {
    for (std::size_t row = 0; row < rows; ++row) {
      numbers_.push_back(element_as_number(tensor, row * stride + at));
    }
  } else if (tensor.datatype == DataType::kBytes) {
    const auto texts = string_elements(tensor);
    for (std::size_t row = 0; row < rows; ++row) {
      categories_.push_back(texts && row < texts->size() ? category_id((*texts)[row]) : 0);
    }
  } else {
    for (std::size_t row = 0; row < rows; ++row) {
      const double number = element_as_number(tensor, row * stride + at);
      categories_.push_back(std::isnan(number) ? 0 : category_id(class_text(number)));
    }
  }
}

void append_rows(const FeatureMap& map, std::span<const Tensor> tensors,
                 std::vector<FeatureValues>& values) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    const Feature& feature = map.features()[k];
    values[k].append(tensors[feature.input], feature.column);
  }
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

void FeatureValues::take(const FeatureValues& other, std::span<const std::size_t> rows) {
  numbers_.clear();
  categories_.clear();
  if (categorical_) {
    for (const std::size_t row : rows) categories_.push_back(other.categories_[row]);
  } else {
    for (const std::size_t row : rows) numbers_.push_back(other.numbers_[row]);
  }
}

std::vector<FeatureValues> values_of(const FeatureMap& map) {
  std::vector<FeatureValues> values;
  for (const Feature& feature : map.features()) values.emplace_back(feature.kind);
  return values;
}

}  // namespace temper::drift
