#include "temper/renew/trainers/training_data.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "temper/core/check.h"

namespace temper::renew {
namespace {

using data::Column;
using data::ColumnType;
using onnx_graph::TreeFeature;

Result<Task> task_of(const Column& label, const std::vector<std::size_t>& rows,
                     const TrainingDataConfig& config) {
  if (config.task) {
    if (*config.task == Task::kRegression && label.type == ColumnType::kString) {
      return fail(ErrorCode::kInvalidArgument,
                  "the label '{}' is text ('{}' in row {}), which cannot be regressed", label.name,
                  label.display(rows[0]), rows[0] + 1);
    }
    return *config.task;
  }
  if (label.type == ColumnType::kString || label.type == ColumnType::kBool) {
    return Task::kClassification;
  }
  if (label.type == ColumnType::kDouble) return Task::kRegression;
  std::set<std::int64_t> distinct;
  for (const std::size_t row : rows) {
    distinct.insert(label.integer(row));
    if (distinct.size() > config.max_integer_classes) return Task::kRegression;
  }
  return Task::kClassification;
}

/// Sets classes, class values and labels from the column's values.
template <typename Key, typename KeyOf>
Status index_classes(const Column& label, const TrainingDataConfig& config, const KeyOf& key_of,
                     TrainingData& data) {
  std::map<Key, std::size_t> index_of;
  for (const std::size_t row : data.table_rows) {
    index_of.emplace(key_of(row), row);
    if (index_of.size() > config.max_classes) {
      return fail(ErrorCode::kInvalidArgument, "the label '{}' has more than {} classes",
                  label.name, config.max_classes);
    }
  }
  for (auto& [key, row_then_index] : index_of) {
    data.classes.push_back(label.display(row_then_index));
    if constexpr (std::is_same_v<Key, std::int64_t>) data.class_values.push_back(key);
    row_then_index = data.classes.size() - 1;
  }
  for (const std::size_t row : data.table_rows) {
    data.labels.push_back(static_cast<float>(index_of.at(key_of(row))));
  }
  return {};
}

bool counts_from_zero(const std::vector<std::int64_t>& values) {
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (values[index] != static_cast<std::int64_t>(index)) return false;
  }
  return true;
}

Status fill_classes(const Column& label, const TrainingDataConfig& config, TrainingData& data) {
  if (label.type == ColumnType::kInt64) {
    TEMPER_TRY_STATUS(index_classes<std::int64_t>(
        label, config, [&label](std::size_t row) { return label.integer(row); }, data));
    if (counts_from_zero(data.class_values)) data.class_values.clear();
    return {};
  }
  if (label.type == ColumnType::kDouble) {
    return index_classes<double>(
        label, config, [&label](std::size_t row) { return label.number(row); }, data);
  }
  return index_classes<std::string>(
      label, config, [&label](std::size_t row) { return label.display(row); }, data);
}

Status fill_labels(const Column& label, const TrainingDataConfig& config, TrainingData& data) {
  TEMPER_TRY(data.task, task_of(label, data.table_rows, config));
  if (data.task == Task::kClassification) {
    TEMPER_TRY_STATUS(fill_classes(label, config, data));
  } else {
    for (const std::size_t row : data.table_rows) {
      const auto value = static_cast<float>(label.number(row));
      if (!std::isfinite(value)) {
        return fail(ErrorCode::kInvalidArgument, "the label '{}' is {} in row {}", label.name,
                    label.display(row), row + 1);
      }
      data.labels.push_back(value);
    }
  }
  const auto [least, most] = std::minmax_element(data.labels.begin(), data.labels.end());
  if (*least == *most) {
    return fail(ErrorCode::kInvalidArgument, "the label '{}' is '{}' in all of the {} rows",
                label.name, label.display(data.table_rows[0]), data.rows());
  }
  return {};
}

/// The rows with label and time, in order of time.
Result<std::vector<std::size_t>> usable_rows(const data::Table& table, const Column& label,
                                             const TrainingDataConfig& config, TrainingData& data) {
  const Column* time = nullptr;
  if (!config.time.empty()) {
    TEMPER_TRY(time, table.column(config.time));
    if (time->type == ColumnType::kString || time->type == ColumnType::kBool) {
      return fail(ErrorCode::kInvalidArgument,
                  "the time column '{}' has the type {}; expected timestamp or a number",
                  config.time, column_type_name(time->type));
    }
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (label.is_missing(row)) {
      ++data.rows_without_label;
    } else if (time != nullptr && time->is_missing(row)) {
      ++data.rows_without_time;
    } else {
      rows.push_back(row);
    }
  }
  if (rows.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "no row is left to train on: {} rows, {} of them without the label '{}', {} "
                "without a time",
                table.rows(), data.rows_without_label, label.name, data.rows_without_time);
  }
  if (time == nullptr) return rows;
  if (time->type == ColumnType::kDouble) {
    std::ranges::stable_sort(rows, {}, [time](std::size_t row) { return time->number(row); });
  } else {
    std::ranges::stable_sort(rows, {}, [time](std::size_t row) { return time->integer(row); });
  }
  return rows;
}

Result<std::vector<const Column*>> feature_columns(const data::Table& table,
                                                   const TrainingDataConfig& config) {
  std::vector<const Column*> columns;
  std::set<std::string> out(config.exclude.begin(), config.exclude.end());
  for (const std::string& name : config.exclude) TEMPER_TRY_STATUS(table.column(name));
  if (config.columns.empty()) {
    out.insert(config.label);
    out.insert(config.time);
    for (const Column& column : table.columns) {
      if (!out.contains(column.name)) columns.push_back(&column);
    }
  }
  for (const std::string& name : config.columns) {
    TEMPER_TRY(const Column* column, table.column(name));
    if (name == config.label) {
      return fail(ErrorCode::kInvalidArgument, "the label '{}' cannot be a feature", name);
    }
    if (!out.contains(name)) columns.push_back(column);
  }
  if (columns.empty()) return fail(ErrorCode::kInvalidArgument, "no column is left as a feature");
  return columns;
}

/// The column's numbers for the training rows.
Result<std::vector<float>> numeric_values(const Column& column,
                                          const std::vector<std::size_t>& rows) {
  std::vector<float> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) {
    const auto value = static_cast<float>(column.number(row));
    if (std::isinf(value)) {
      return fail(ErrorCode::kInvalidArgument,
                  "column '{}' is {} in row {}, beyond what a float32 feature can hold",
                  column.name, column.display(row), row + 1);
    }
    values.push_back(value);
  }
  return values;
}

/// The indices of the column's categories, which are its distinct texts in ascending order.
Result<std::vector<float>> categorical_values(const Column& column,
                                              const std::vector<std::size_t>& rows,
                                              const TrainingDataConfig& config,
                                              TreeFeature& feature) {
  std::map<std::string_view, float> index_of;
  for (const std::size_t row : rows) {
    if (!column.is_missing(row)) index_of.emplace(column.text(row), 0.0F);
    if (index_of.size() > config.max_categories) {
      return fail(ErrorCode::kInvalidArgument,
                  "column '{}' has more than {} distinct texts and looks like an identifier; "
                  "exclude it, or allow more categories",
                  column.name, config.max_categories);
    }
  }
  for (auto& [text, index] : index_of) {
    index = static_cast<float>(feature.categories.size());
    feature.categories.emplace_back(text);
  }
  std::vector<float> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) {
    values.push_back(column.is_missing(row) ? std::numeric_limits<float>::quiet_NaN()
                                            : index_of.at(column.text(row)));
  }
  return values;
}

Status add_feature(const Column& column, const TrainingDataConfig& config, std::size_t index,
                   std::size_t feature_count, TrainingData& data) {
  if (column.type == ColumnType::kTimestamp) {
    return fail(ErrorCode::kInvalidArgument,
                "column '{}' is a timestamp, which is no feature; exclude it, or derive numbers "
                "such as the hour from it",
                column.name);
  }
  TreeFeature feature{.name = column.name};
  const bool categorical = column.type == ColumnType::kString;
  if (categorical) feature.kind = TreeFeature::Kind::kCategorical;
  TEMPER_TRY(const std::vector<float> values,
             categorical ? categorical_values(column, data.table_rows, config, feature)
                         : numeric_values(column, data.table_rows));
  if (std::ranges::all_of(values, [](float value) { return std::isnan(value); })) {
    return fail(ErrorCode::kInvalidArgument,
                "column '{}' has no value in any of the {} rows; exclude it", column.name,
                data.rows());
  }
  for (std::size_t row = 0; row < values.size(); ++row) {
    data.values[row * feature_count + index] = values[row];
  }
  data.features.push_back(std::move(feature));
  return {};
}

}  // namespace

std::string_view task_name(Task task) {
  return task == Task::kClassification ? "classification" : "regression";
}

Result<TrainingData> prepare_training_data(const data::Table& table,
                                           const TrainingDataConfig& config) {
  TEMPER_TRY(const Column* label, table.column(config.label));
  if (label->type == ColumnType::kTimestamp) {
    return fail(ErrorCode::kInvalidArgument, "the label '{}' is a timestamp", config.label);
  }
  TEMPER_TRY(const auto columns, feature_columns(table, config));
  TrainingData data;
  TEMPER_TRY(data.table_rows, usable_rows(table, *label, config, data));
  TEMPER_TRY_STATUS(fill_labels(*label, config, data));
  data.values.resize(data.rows() * columns.size());
  for (std::size_t index = 0; index < columns.size(); ++index) {
    TEMPER_TRY_STATUS(add_feature(*columns[index], config, index, columns.size(), data));
  }
  return data;
}

HoldOut hold_out(std::size_t rows, double share, bool in_time_order, Rng& rng) {
  TEMPER_CHECK(share >= 0 && share < 1);
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (share == 0 || rows < 2) return {.train = std::move(order), .held_out = {}};
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(rows)));
  const std::size_t count = std::clamp<std::size_t>(wanted, 1, rows - 1);
  if (!in_time_order) {
    for (std::size_t index = rows - 1; index > 0; --index) {
      std::swap(order[index], order[rng.below(index + 1)]);
    }
  }
  const auto border = order.end() - static_cast<std::ptrdiff_t>(count);
  HoldOut split{.train = {order.begin(), border}, .held_out = {border, order.end()}};
  std::ranges::sort(split.train);
  std::ranges::sort(split.held_out);
  return split;
}

}  // namespace temper::renew
