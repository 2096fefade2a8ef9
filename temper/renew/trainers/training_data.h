// From a table to what trees are trained on: rows with labels, features as numbers, classes.
//
// Says what was left out and why; anything that would silently make a worse model is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/core/rng.h"
#include "temper/data/table.h"
#include "temper/model/onnx/tree_model.h"

namespace temper::renew {

enum class Task : std::uint8_t { kClassification, kRegression };

/// "classification", "regression".
[[nodiscard]] std::string_view task_name(Task task);

struct TrainingDataConfig {
  std::string label;
  /// Columns that are features; empty = all but label, time and `exclude`.
  std::vector<std::string> columns = {};
  std::vector<std::string> exclude = {};
  /// Column by which rows are ordered in time; empty = none.
  std::string time = {};
  /// Empty = told from the label: text and booleans are classes, and so are integers of at most
  /// `max_integer_classes` distinct values; other numbers are regressed.
  std::optional<Task> task = std::nullopt;
  std::size_t max_integer_classes = 20;
  std::size_t max_classes = 1000;
  /// A text column with more distinct values than this looks like an identifier and is refused.
  std::size_t max_categories = 1000;
};

/// One row per labelled row of the table, in the order of time where there is one, else of the
/// file.
struct TrainingData {
  Task task = Task::kClassification;
  std::vector<onnx_graph::TreeFeature> features;
  /// Classes in ascending order of their values; empty for regression.
  std::vector<std::string> classes;
  /// What the label column says for each class where it is of integers and not 0, 1, ... already.
  std::vector<std::int64_t> class_values;
  /// Row-major, [rows, features]; a category is its index; NaN = missing.
  std::vector<float> values;
  /// Class index or number, one per row.
  std::vector<float> labels;
  /// Row of the table each row came from.
  std::vector<std::size_t> table_rows;
  std::size_t rows_without_label = 0;
  std::size_t rows_without_time = 0;

  [[nodiscard]] std::size_t rows() const { return labels.size(); }
};

/// Errors, all kInvalidArgument and naming column and value: no such column; no rows left; label
/// constant, of too many classes, not a number for regression, or itself a feature; a feature that
/// is a timestamp, has no value in any row, has too many categories, or a value that is infinite or
/// beyond float32.
[[nodiscard]] Result<TrainingData> prepare_training_data(const data::Table& table,
                                                         const TrainingDataConfig& config);

struct HoldOut {
  /// Indices of rows of the training data.
  std::vector<std::size_t> train;
  std::vector<std::size_t> held_out;
};

/// Holds out the last `share` of the rows where they are in order of time, a random `share` else.
/// At least one row stays on each side; `share` 0 holds out none. Needs 0 <= share < 1.
[[nodiscard]] HoldOut hold_out(std::size_t rows, double share, bool in_time_order, Rng& rng);

}  // namespace temper::renew
