#include "temper/cli/client/table_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace temper::client {
namespace {

using data::Column;
using data::ColumnType;
using data::Table;

/// [rows] or [rows, 1] (any further dimensions 1).
bool is_one_value_per_row(const TensorSpec& input) {
  return !input.shape.empty() && std::all_of(input.shape.begin() + 1, input.shape.end(),
                                             [](std::int64_t size) { return size == 1; });
}

bool is_matrix(const TensorSpec& input) {
  return input.shape.size() == 2 && !is_one_value_per_row(input);
}

Result<std::size_t> column_for(const Table& table, std::string_view name, const TensorSpec& input) {
  const auto index = table.column_index(name);
  if (!index) {
    return fail(ErrorCode::kInvalidArgument, "input '{}' needs column '{}': {}", input.name, name,
                data::column_list(table));
  }
  if (table.columns[*index].type == ColumnType::kString && input.datatype != DataType::kBytes) {
    return fail(ErrorCode::kInvalidArgument, "column '{}' holds text, and input '{}' is {}", name,
                input.name, data_type_name(input.datatype));
  }
  return *index;
}

Result<std::vector<std::size_t>> matrix_columns(const TensorSpec& input, const Table& table,
                                                const TableInputs::Options& options) {
  std::vector<std::string> names = options.features;
  if (names.empty()) {
    for (const Column& column : table.columns) {
      if (std::ranges::find(options.not_features, column.name) == options.not_features.end()) {
        names.push_back(column.name);
      }
    }
  }
  const std::int64_t width = input.shape[1];
  if (width >= 0 && static_cast<std::size_t>(width) != names.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "input '{}' takes {} features and {} columns would feed it; name them with "
                "--features: {}",
                input.name, width, names.size(), data::column_list(table));
  }
  std::vector<std::size_t> indices;
  for (const std::string& name : names) {
    TEMPER_TRY(indices.emplace_back(), column_for(table, name, input));
  }
  return indices;
}

template <typename T>
Status put_number(const Column& column, std::size_t row, const TensorSpec& input, T* out) {
  if constexpr (std::is_floating_point_v<T>) {
    *out = static_cast<T>(column.number(row));
    return {};
  } else {
    if (column.is_missing(row)) {
      return fail(ErrorCode::kInvalidArgument,
                  "column '{}' has no value in row {}, and input '{}' is {}, which cannot say so",
                  column.name, row, input.name, data_type_name(input.datatype));
    }
    if (column.type == ColumnType::kInt64 || column.type == ColumnType::kTimestamp) {
      const std::int64_t value = column.integer(row);
      if (std::in_range<T>(value)) {
        *out = static_cast<T>(value);
        return {};
      }
    } else {
      const double value = column.number(row);
      // 2^63 is exact as a double, so the comparison itself cannot round.
      if (value == std::floor(value) && std::abs(value) < 0x1p63 &&
          std::in_range<T>(static_cast<std::int64_t>(value))) {
        *out = static_cast<T>(static_cast<std::int64_t>(value));
        return {};
      }
    }
    return fail(ErrorCode::kInvalidArgument, "column '{}' holds {} in row {}, and input '{}' is {}",
                column.name, column.display(row), row, input.name, data_type_name(input.datatype));
  }
}

Status put_bool(const Column& column, std::size_t row, const TensorSpec& input, std::uint8_t* out) {
  TEMPER_TRY_STATUS(put_number(column, row, input, out));
  if (*out <= 1) return {};
  return fail(ErrorCode::kInvalidArgument, "column '{}' holds {} in row {}, and input '{}' is BOOL",
              column.name, column.display(row), row, input.name);
}

struct Rows {
  std::size_t first;
  std::size_t count;
};

Shape shape_of(const TensorSpec& input, Rows rows, std::size_t columns) {
  Shape shape(input.shape.size(), 1);
  shape[0] = static_cast<std::int64_t>(rows.count);
  if (columns > 1) shape[1] = static_cast<std::int64_t>(columns);
  return shape;
}

template <typename T>
Result<Tensor> numbers(const Table& table, const TensorSpec& input,
                       const std::vector<std::size_t>& columns, Rows rows) {
  std::vector<std::byte> bytes(rows.count * columns.size() * sizeof(T));
  std::size_t at = 0;
  for (std::size_t row = rows.first; row < rows.first + rows.count; ++row) {
    for (const std::size_t index : columns) {
      T value{};
      const Column& column = table.columns[index];
      if (input.datatype == DataType::kBool) {
        std::uint8_t flag = 0;
        TEMPER_TRY_STATUS(put_bool(column, row, input, &flag));
        value = static_cast<T>(flag);
      } else {
        TEMPER_TRY_STATUS(put_number(column, row, input, &value));
      }
      std::memcpy(bytes.data() + at, &value, sizeof value);
      at += sizeof value;
    }
  }
  return Tensor::adopt(input.datatype, shape_of(input, rows, columns.size()), std::move(bytes));
}

Tensor texts(const Table& table, const TensorSpec& input, const std::vector<std::size_t>& columns,
             Rows rows) {
  std::vector<std::string> values;
  values.reserve(rows.count * columns.size());
  for (std::size_t row = rows.first; row < rows.first + rows.count; ++row) {
    for (const std::size_t index : columns) values.push_back(table.columns[index].display(row));
  }
  return Tensor::of_strings(shape_of(input, rows, columns.size()), values);
}

Result<Tensor> tensor_of(const Table& table, const TensorSpec& input,
                         const std::vector<std::size_t>& columns, Rows rows) {
  switch (input.datatype) {
    case DataType::kFp32:
      return numbers<float>(table, input, columns, rows);
    case DataType::kFp64:
      return numbers<double>(table, input, columns, rows);
    case DataType::kBool:
    case DataType::kUint8:
      return numbers<std::uint8_t>(table, input, columns, rows);
    case DataType::kUint16:
      return numbers<std::uint16_t>(table, input, columns, rows);
    case DataType::kUint32:
      return numbers<std::uint32_t>(table, input, columns, rows);
    case DataType::kUint64:
      return numbers<std::uint64_t>(table, input, columns, rows);
    case DataType::kInt8:
      return numbers<std::int8_t>(table, input, columns, rows);
    case DataType::kInt16:
      return numbers<std::int16_t>(table, input, columns, rows);
    case DataType::kInt32:
      return numbers<std::int32_t>(table, input, columns, rows);
    case DataType::kInt64:
      return numbers<std::int64_t>(table, input, columns, rows);
    case DataType::kBytes:
      return texts(table, input, columns, rows);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return fail(ErrorCode::kUnimplemented, "input '{}' is {}, which no column can feed", input.name,
              data_type_name(input.datatype));
}

}  // namespace

Result<TableInputs> TableInputs::create(const Signature& signature, const Table& table,
                                        const Options& options) {
  TableInputs inputs;
  for (const TensorSpec& input : signature.inputs) {
    Feed feed{.input = input, .columns = {}};
    if (is_one_value_per_row(input)) {
      TEMPER_TRY(feed.columns.emplace_back(), column_for(table, input.name, input));
    } else if (is_matrix(input) && signature.inputs.size() == 1) {
      TEMPER_TRY(feed.columns, matrix_columns(input, table, options));
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "input '{}' has shape {}, which the columns of a table cannot feed", input.name,
                  shape_text(input.shape));
    }
    inputs.feeds_.push_back(std::move(feed));
  }
  return inputs;
}

Result<std::vector<oip::NamedTensor>> TableInputs::build(const Table& table, std::size_t first,
                                                         std::size_t count) const {
  std::vector<oip::NamedTensor> tensors;
  tensors.reserve(feeds_.size());
  for (const Feed& feed : feeds_) {
    TEMPER_TRY(Tensor tensor,
               tensor_of(table, feed.input, feed.columns, {.first = first, .count = count}));
    tensors.push_back({.name = feed.input.name, .tensor = std::move(tensor)});
  }
  return tensors;
}

}  // namespace temper::client
