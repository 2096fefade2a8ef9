#include "temper/model/reference/build.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "temper/stats/sorted_values.h"

namespace temper {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double characters(std::string_view text) {
  // Continuation bytes 10xxxxxx start no character.
  return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool has_few_values(const data::Column& column) {
  constexpr std::size_t kMostValues = 10;
  constexpr std::size_t kRowsPerValue = 10;
  std::set<std::int64_t> distinct;
  std::size_t present = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_missing(row)) continue;
    ++present;
    distinct.insert(column.integer(row));
    if (distinct.size() > kMostValues) return false;
  }
  return present >= kRowsPerValue * std::max<std::size_t>(distinct.size(), 1);
}

bool is_free_text(const data::Column& column) {
  constexpr double kLongOnAverage = 30;
  std::unordered_set<std::string_view> distinct;
  double length = 0;
  std::size_t present = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_missing(row)) continue;
    ++present;
    length += characters(column.text(row));
    distinct.insert(column.text(row));
  }
  return present > 0 && length > kLongOnAverage * static_cast<double>(present) &&
         2 * distinct.size() > present;
}

/// The bin of every row; `kNoBin` where the value is missing.
constexpr std::size_t kNoBin = std::numeric_limits<std::size_t>::max();

Strata stratify(std::span<const std::size_t> bin_of_row, std::span<const std::int64_t> times,
                std::size_t bins) {
  const std::vector<std::uint64_t> none(bins);
  Strata strata{.by_hour = std::vector(24, none), .by_weekday = std::vector(7, none)};
  for (std::size_t row = 0; row < bin_of_row.size(); ++row) {
    if (bin_of_row[row] == kNoBin) continue;
    const SeasonalSlot slot = seasonal_slot(times[row]);
    ++strata.by_hour[slot.hour][bin_of_row[row]];
    ++strata.by_weekday[slot.weekday][bin_of_row[row]];
  }
  return strata;
}

/// Keeps the most frequent categories; the rest is counted together.
void bound_categories(ColumnSummary& summary) {
  if (summary.categories.size() <= ColumnSummary::kMostCategories) return;
  std::vector<std::pair<std::uint64_t, std::string_view>> ranked;
  for (const auto& [name, count] : summary.categories) ranked.emplace_back(count, name);
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  stats::CategoryCounts kept;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    if (i < ColumnSummary::kMostCategories) {
      kept.emplace(ranked[i].second, ranked[i].first);
    } else {
      summary.other += ranked[i].first;
    }
  }
  summary.categories = std::move(kept);
}

void summarise_categories(const data::Column& column, std::span<const std::int64_t> times,
                          ColumnSummary& summary) {
  summary.categories = column_categories(column);
  bound_categories(summary);
  if (times.empty()) return;
  const stats::CategoryTable table(summary.categories);
  std::vector<std::size_t> bins;
  bins.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    bins.push_back(column.is_missing(row) ? kNoBin
                                          : table.index(category_key(column.display(row))));
  }
  summary.strata = stratify(bins, times, table.size());
}

void summarise_numbers(const data::Column& column, std::span<const std::int64_t> times,
                       ColumnSummary& summary) {
  const std::vector<double> values = column_numbers(column, summary.kind);
  summary.moments.add(std::span<const double>(values));
  summary.sketch.add(values);
  stats::Sorter sorter;
  const auto sorted = sorter.sort(values);
  summary.missing = sorter.missing();
  summary.bins = stats::QuantileBins::from_sorted(sorted);
  summary.bin_counts = summary.bins.count_sorted(sorted);
  if (times.empty()) return;
  std::vector<std::size_t> bins;
  bins.reserve(values.size());
  for (const double value : values) {
    bins.push_back(std::isnan(value) ? kNoBin : summary.bins.index(value));
  }
  summary.strata = stratify(bins, times, summary.bins.size());
}

Result<std::vector<std::int64_t>> event_times(const data::Table& table, const std::string& name) {
  TEMPER_TRY(const data::Column* column, table.column(name));
  if (column->type != data::ColumnType::kTimestamp) {
    return fail(ErrorCode::kInvalidArgument, "column '{}' is of type {}, not a time", name,
                data::column_type_name(column->type));
  }
  if (column->missing_count() > 0) {
    return fail(ErrorCode::kInvalidArgument, "{} rows have no time in column '{}'",
                column->missing_count(), name);
  }
  return column->integers();
}

}  // namespace

SeasonalSlot seasonal_slot(std::int64_t time_ns) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  const std::int64_t hours = time_ns / kHour - (time_ns % kHour < 0 ? 1 : 0);
  const std::int64_t days = hours / 24 - (hours % 24 < 0 ? 1 : 0);
  // The epoch was a Thursday.
  const std::int64_t weekday = ((days + 3) % 7 + 7) % 7;
  return {.hour = static_cast<std::size_t>(hours - days * 24),
          .weekday = static_cast<std::size_t>(weekday)};
}

SummaryKind summary_kind(const data::Column& column) {
  switch (column.type) {
    case data::ColumnType::kBool:
      return SummaryKind::kCategorical;
    case data::ColumnType::kInt64:
      return has_few_values(column) ? SummaryKind::kCategorical : SummaryKind::kNumeric;
    case data::ColumnType::kDouble:
      return SummaryKind::kNumeric;
    case data::ColumnType::kString:
      return is_free_text(column) ? SummaryKind::kText : SummaryKind::kCategorical;
    case data::ColumnType::kTimestamp:
      return SummaryKind::kDatetime;
  }
  return SummaryKind::kNumeric;
}

std::vector<double> column_numbers(const data::Column& column, SummaryKind kind) {
  constexpr double kNanosecondsPerSecond = 1e9;
  if (column.type == data::ColumnType::kDouble) {
    std::vector<double> values = column.numbers();
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (column.present[row] == 0) values[row] = kNaN;
    }
    return values;
  }
  const bool is_string = column.type == data::ColumnType::kString;
  std::vector<double> values(column.size(), kNaN);
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (column.is_missing(row)) continue;
    if (kind == SummaryKind::kText) {
      values[row] = characters(is_string ? column.text(row) : column.display(row));
    } else if (!is_string) {
      values[row] = column.number(row);
      if (column.type == data::ColumnType::kTimestamp) values[row] /= kNanosecondsPerSecond;
    }
  }
  return values;
}

stats::CategoryCounts column_categories(const data::Column& column) {
  if (column.type == data::ColumnType::kString) {
    std::unordered_map<std::string_view, std::uint64_t> counts;
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (!column.is_missing(row)) ++counts[column.text(row)];
    }
    stats::CategoryCounts sorted;
    for (const auto& [text, count] : counts) sorted[category_key(text)] += count;
    return sorted;
  }
  stats::CategoryCounts counts;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.is_missing(row)) ++counts[category_key(column.display(row))];
  }
  return counts;
}

ColumnSummary summarise(const data::Column& column, SummaryKind kind,
                        std::span<const std::int64_t> times, std::uint64_t seed) {
  ColumnSummary summary;
  summary.name = column.name;
  summary.kind = kind;
  summary.rows = column.size();
  summary.missing = column.missing_count();
  if (kind == SummaryKind::kCategorical) {
    summarise_categories(column, times, summary);
  } else {
    summary.sketch = stats::KllSketch(ColumnSummary::kSketchK, seed);
    summarise_numbers(column, times, summary);
  }
  return summary;
}

Result<Reference> build_reference(const data::Table& table, const BuildOptions& options) {
  if (table.rows() == 0) return fail(ErrorCode::kInvalidArgument, "the table has no rows");
  std::set<std::string, std::less<>> left_out(options.exclude.begin(), options.exclude.end());
  for (const std::string& name : left_out) {
    TEMPER_TRY_STATUS(table.column(name));
  }
  Reference reference;
  reference.rows = table.rows();
  std::vector<std::int64_t> times;
  if (!options.time.empty()) {
    TEMPER_TRY(times, event_times(table, options.time));
    const auto [first, last] = std::minmax_element(times.begin(), times.end());
    reference.clock = ReferenceClock{.column = options.time, .first_ns = *first, .last_ns = *last};
    left_out.insert(options.time);
  }
  for (const data::Column& column : table.columns) {
    if (left_out.contains(column.name)) continue;
    if (reference.features.size() == Reference::kMostFeatures) {
      return fail(ErrorCode::kInvalidArgument, "more than {} columns", Reference::kMostFeatures);
    }
    // Each column has its own seed, so that the sketches' errors are independent.
    reference.features.push_back(
        summarise(column, summary_kind(column), times, options.seed + reference.features.size()));
  }
  if (reference.features.empty()) {
    return fail(ErrorCode::kInvalidArgument, "no feature is left");
  }
  return reference;
}

}  // namespace temper
