// The gate between training and serving: the file must answer what the trainer's own model answers.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/model/onnx/tree_model.h"
#include "temper/model/runtime/runtime.h"

namespace temper::renew {

struct ModelCheckConfig {
  /// A margin may differ by this share of its size, and by this share of `margin_floor` near 0.
  double relative_tolerance = 1e-5;
  double margin_floor = 1e-2;
  /// Classes whose probabilities differ by less are tied, and either may be the label.
  double tie_tolerance = 1e-6;
  std::size_t batch_rows = 512;
};

struct ModelCheckReport {
  std::size_t rows = 0;
  /// Largest |margin of the file - margin of the trainer| / max(|margin of the trainer|, floor).
  double largest_relative_difference = 0;

  bool operator==(const ModelCheckReport&) const = default;
};

/// Runs the model's ONNX file on `rows` of the table, given as the table has them, and compares
/// with `margins`, [rows, targets] row-major, as the trainer computed them from its own encoded
/// features. Errors: kInternal naming row and values when a margin or a label differs; what the
/// runtime says when it cannot load or run the file.
[[nodiscard]] Result<ModelCheckReport> check_model(runtime::Runtime& runtime,
                                                   const onnx_graph::TreeModel& model,
                                                   const data::Table& table,
                                                   std::span<const std::size_t> rows,
                                                   std::span<const float> margins,
                                                   const ModelCheckConfig& config = {});

}  // namespace temper::renew
