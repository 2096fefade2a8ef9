// The features of many rows as columns, taken out of input tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/features/feature_map.h"
#include "temper/model/tensor/tensor.h"

namespace temper {

/// One feature of all rows. Numbers: NaN where missing; any numeric type is widened (64-bit
/// integers beyond 2^53 round). Texts: views into the tensor, "" where missing; a categorical
/// feature whose input holds numbers has its values in `numbers`.
struct FeatureColumn {
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
};

/// Takes every feature of `map` out of `inputs` (in signature order, already checked by
/// `check_inputs`) into `columns`, one entry a feature, replacing what is there but keeping its
/// room. A scalar or a row that several inputs share counts as one row.
void take_feature_rows(const FeatureMap& map, std::span<const Tensor> inputs,
                       std::vector<FeatureColumn>& columns);

/// Element `index` of a numeric tensor as a number.
[[nodiscard]] double element_as_number(const Tensor& tensor, std::size_t index);

/// The class or value that a row of a label output names, as a label is written: whole numbers
/// without decimals, booleans as 0 and 1, texts as they are. Only the row's first element counts.
[[nodiscard]] std::string class_text(const Tensor& tensor, std::size_t row);
[[nodiscard]] std::string class_text(double value);

}  // namespace temper
