// What a model takes and gives: names, datatypes, shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/model/tensor/tensor.h"

namespace temper {

struct TensorSpec {
  std::string name;
  DataType datatype = DataType::kFp32;
  /// -1 where the size is free.
  Shape shape;
  /// The symbol of each free dimension ("N", "seq"); empty where it has none or the size is fixed.
  std::vector<std::string> dimension_names;

  bool operator==(const TensorSpec&) const = default;
};

struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;

  [[nodiscard]] std::optional<std::size_t> input_index(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> output_index(std::string_view name) const;

  /// Every input and output has a free first dimension, so that rows of several callers could share
  /// a run. (Whether they may is measured at registration.)
  [[nodiscard]] bool has_free_rows() const;
  /// Every dimension but the first is fixed, so that one row's memory is known beforehand.
  [[nodiscard]] bool has_fixed_columns() const;

  bool operator==(const Signature&) const = default;
};

/// Checks tensors given in signature order: datatype, rank, fixed dimensions, bytes; and, where all
/// inputs have free rows, that they agree on the number of rows. The message names the tensor, what
/// came and what was expected.
[[nodiscard]] Status check_inputs(const Signature& signature, std::span<const Tensor> inputs);

}  // namespace temper
