// Tables in and out: CSV, Parquet and JSON files as typed columns in memory.
//
// Used by commands and by child processes that train or replay; the serving process never includes
// this door, because what reads the files is DuckDB, loaded when the first table is opened.
// Read this file, then read.h for files in, then write.h for files out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "temper/core/result.h"

namespace temper::data {

enum class ColumnType : std::uint8_t {
  kBool,
  kInt64,
  kDouble,
  kString,
  /// Nanoseconds since the Unix epoch, UTC; a text without a zone is read as UTC.
  kTimestamp,
};

/// "bool", "int64", "double", "string", "timestamp".
[[nodiscard]] std::string_view column_type_name(ColumnType type);

/// One column's values by its type: kBool, (kInt64 and kTimestamp), kDouble, kString. A missing
/// value lies as 0, 0, NaN or "".
using ColumnValues = std::variant<std::vector<std::uint8_t>, std::vector<std::int64_t>,
                                  std::vector<double>, std::vector<std::string>>;

struct Column {
  std::string name;
  ColumnType type = ColumnType::kDouble;
  ColumnValues values;
  /// 1 where there is a value, 0 where the file has NULL; as long as `values`.
  std::vector<std::uint8_t> present;

  [[nodiscard]] static Column of_bools(std::string name, std::vector<std::uint8_t> values);
  [[nodiscard]] static Column of_integers(std::string name, std::vector<std::int64_t> values);
  /// NaN counts as a value of the column here, and as missing for `is_missing`.
  [[nodiscard]] static Column of_numbers(std::string name, std::vector<double> values);
  [[nodiscard]] static Column of_strings(std::string name, std::vector<std::string> values);
  [[nodiscard]] static Column of_timestamps(std::string name, std::vector<std::int64_t> ns);

  [[nodiscard]] std::size_t size() const { return present.size(); }
  /// NULL, or NaN in a column of doubles.
  [[nodiscard]] bool is_missing(std::size_t row) const;
  [[nodiscard]] std::size_t missing_count() const;
  /// The value as a number, NaN where missing; a boolean gives 0 or 1, a timestamp its nanoseconds.
  /// Not for kString.
  [[nodiscard]] double number(std::size_t row) const;
  /// For kInt64 and kTimestamp.
  [[nodiscard]] std::int64_t integer(std::size_t row) const;
  /// For kString.
  [[nodiscard]] std::string_view text(std::size_t row) const;
  /// Any type as text, as a label or a category is written: "true", "12", "0.5", "UA"; "" where
  /// missing.
  [[nodiscard]] std::string display(std::size_t row) const;

  [[nodiscard]] const std::vector<std::uint8_t>& bools() const;
  [[nodiscard]] const std::vector<std::int64_t>& integers() const;
  [[nodiscard]] const std::vector<double>& numbers() const;
  [[nodiscard]] const std::vector<std::string>& strings() const;

  /// The given rows, in the given order.
  [[nodiscard]] Column take(std::span<const std::size_t> rows) const;
};

/// Columns of equal length with distinct names.
struct Table {
  std::vector<Column> columns;

  [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : columns[0].size(); }
  [[nodiscard]] std::optional<std::size_t> column_index(std::string_view name) const;
  /// Errors: kInvalidArgument naming the columns there are.
  [[nodiscard]] Result<const Column*> column(std::string_view name) const;
  [[nodiscard]] Table take(std::span<const std::size_t> rows) const;
};

/// "the columns are 'a', 'b', ... (50 in all)", for messages that say what a table has instead.
[[nodiscard]] std::string column_list(const Table& table);

}  // namespace temper::data
