#include "temper/data/table.h"

#include <cmath>
#include <ctime>
#include <limits>
#include <utility>

#include "temper/core/check.h"

namespace temper::data {
namespace {

template <typename Value>
Column make_column(std::string name, ColumnType type, std::vector<Value> values) {
  Column column{.name = std::move(name), .type = type, .values = {}, .present = {}};
  column.present.assign(values.size(), 1);
  column.values = std::move(values);
  return column;
}

/// "2013-01-01T10:00:00Z", with as many of nine decimals as are not zero.
std::string timestamp_text(std::int64_t ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = ns / kSecond;
  std::int64_t rest = ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (rest != 0) {
    text += fmt::format(".{:09}", rest);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace

std::string_view column_type_name(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "bool";
    case ColumnType::kInt64:
      return "int64";
    case ColumnType::kDouble:
      return "double";
    case ColumnType::kString:
      return "string";
    case ColumnType::kTimestamp:
      return "timestamp";
  }
  return "unknown";
}

Column Column::of_bools(std::string name, std::vector<std::uint8_t> values) {
  return make_column(std::move(name), ColumnType::kBool, std::move(values));
}
Column Column::of_integers(std::string name, std::vector<std::int64_t> values) {
  return make_column(std::move(name), ColumnType::kInt64, std::move(values));
}
Column Column::of_numbers(std::string name, std::vector<double> values) {
  return make_column(std::move(name), ColumnType::kDouble, std::move(values));
}
Column Column::of_strings(std::string name, std::vector<std::string> values) {
  return make_column(std::move(name), ColumnType::kString, std::move(values));
}
Column Column::of_timestamps(std::string name, std::vector<std::int64_t> ns) {
  return make_column(std::move(name), ColumnType::kTimestamp, std::move(ns));
}

bool Column::is_missing(std::size_t row) const {
  if (present[row] == 0) return true;
  return type == ColumnType::kDouble && std::isnan(numbers()[row]);
}

std::size_t Column::missing_count() const {
  std::size_t count = 0;
  for (std::size_t row = 0; row < size(); ++row) count += is_missing(row) ? 1 : 0;
  return count;
}

double Column::number(std::size_t row) const {
  TEMPER_CHECK(type != ColumnType::kString);
  if (present[row] == 0) return std::numeric_limits<double>::quiet_NaN();
  switch (type) {
    case ColumnType::kBool:
      return bools()[row] != 0 ? 1.0 : 0.0;
    case ColumnType::kDouble:
      return numbers()[row];
    default:
      return static_cast<double>(integers()[row]);
  }
}

std::int64_t Column::integer(std::size_t row) const { return integers()[row]; }
std::string_view Column::text(std::size_t row) const { return strings()[row]; }

std::string Column::display(std::size_t row) const {
  if (is_missing(row)) return "";
  switch (type) {
    case ColumnType::kBool:
      return bools()[row] != 0 ? "true" : "false";
    case ColumnType::kInt64:
      return fmt::format("{}", integers()[row]);
    case ColumnType::kDouble:
      return fmt::format("{}", numbers()[row]);
    case ColumnType::kString:
      return strings()[row];
    case ColumnType::kTimestamp:
      return timestamp_text(integers()[row]);
  }
  return "";
}

const std::vector<std::uint8_t>& Column::bools() const {
  return std::get<std::vector<std::uint8_t>>(values);
}
const std::vector<std::int64_t>& Column::integers() const {
  return std::get<std::vector<std::int64_t>>(values);
}
const std::vector<double>& Column::numbers() const { return std::get<std::vector<double>>(values); }
const std::vector<std::string>& Column::strings() const {
  return std::get<std::vector<std::string>>(values);
}

Column Column::take(std::span<const std::size_t> rows) const {
  Column taken{.name = name, .type = type, .values = {}, .present = {}};
  taken.present.reserve(rows.size());
  for (const std::size_t row : rows) taken.present.push_back(present[row]);
  taken.values = std::visit(
      [&rows](const auto& all) -> ColumnValues {
        std::remove_cvref_t<decltype(all)> some;
        some.reserve(rows.size());
        for (const std::size_t row : rows) some.push_back(all[row]);
        return some;
      },
      values);
  return taken;
}

std::optional<std::size_t> Table::column_index(std::string_view name) const {
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (columns[index].name == name) return index;
  }
  return std::nullopt;
}

Result<const Column*> Table::column(std::string_view name) const {
  if (const auto index = column_index(name)) return &columns[*index];
  return fail(ErrorCode::kInvalidArgument, "there is no column '{}'; {}", name, column_list(*this));
}

Table Table::take(std::span<const std::size_t> rows) const {
  Table taken;
  taken.columns.reserve(columns.size());
  for (const Column& column : columns) taken.columns.push_back(column.take(rows));
  return taken;
}

std::string column_list(const Table& table) {
  constexpr std::size_t kShown = 40;
  std::string text = "the columns are ";
  for (std::size_t index = 0; index < table.columns.size() && index < kShown; ++index) {
    text += fmt::format("{}'{}'", index == 0 ? "" : ", ", table.columns[index].name);
  }
  if (table.columns.size() > kShown) text += fmt::format(", ... ({} in all)", table.columns.size());
  return text;
}

}  // namespace temper::data
