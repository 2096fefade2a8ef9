#include "temper/cli/drift_table.h"

namespace temper::cli {
namespace {

Result<std::vector<std::int64_t>> times_of(const data::Table& table, std::string_view name) {
  TEMPER_TRY(const auto* column, table.column(name));
  if (column->type != data::ColumnType::kTimestamp && column->type != data::ColumnType::kInt64) {
    return fail(ErrorCode::kInvalidArgument,
                "the time column '{}' holds {}, not timestamps or nanoseconds", name,
                data::column_type_name(column->type));
  }
  if (column->missing_count() > 0) {
    return fail(ErrorCode::kInvalidArgument, "{} rows have no time in '{}'",
                column->missing_count(), name);
  }
  return column->integers();
}

}  // namespace

Result<DriftTable> DriftTable::of(const data::Table& table, std::string_view time_column) {
  DriftTable out;
  if (!time_column.empty()) {
    TEMPER_TRY(out.time_ns_, times_of(table, time_column));
  }
  // Reserved, so that the views stay valid while the vectors grow.
  out.numbers_.reserve(table.columns.size());
  out.categories_.reserve(table.columns.size());
  for (const auto& column : table.columns) {
    if (column.name == time_column) continue;
    if (column.type == data::ColumnType::kTimestamp) {
      out.left_out_.push_back(column.name);
      continue;
    }
    drift::ColumnView view;
    if (column.type == data::ColumnType::kString) {
      auto& ids = out.categories_.emplace_back();
      ids.reserve(column.size());
      for (std::size_t row = 0; row < column.size(); ++row) {
        ids.push_back(column.is_missing(row) ? 0 : drift::category_id(column.text(row)));
      }
      view.categories = ids;
    } else {
      auto& values = out.numbers_.emplace_back();
      values.reserve(column.size());
      for (std::size_t row = 0; row < column.size(); ++row) values.push_back(column.number(row));
      view.numbers = values;
    }
    out.columns_.push_back({.name = column.name, .role = drift::Role::kCovariate, .values = view});
  }
  if (out.columns_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "no column is left to watch; {}",
                data::column_list(table));
  }
  return out;
}

}  // namespace temper::cli
