// A reference from a table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/model/reference/reference.h"

namespace temper {

struct BuildOptions {
  /// Column of event times (timestamps); empty = no clock, and no strata.
  std::string time;
  /// Columns that are no features: labels, ids.
  std::vector<std::string> exclude;
  std::uint64_t seed = 0;
};

/// Errors: kInvalidArgument for an empty table, a time column that is missing or no timestamp,
/// excluded columns that do not exist, too many columns, or no feature left.
[[nodiscard]] Result<Reference> build_reference(const data::Table& table,
                                                const BuildOptions& options);

/// What a column is compared as.
///
/// Value:   booleans are categorical; so are integers of at most 10 values of which each comes 10
///          times on average; strings are text where their mean length is above 30 characters and
///          more than half are distinct, else categorical; timestamps are datetime; others numeric.
[[nodiscard]] SummaryKind summary_kind(const data::Column& column);

/// The column's values as numbers, NaN where missing: datetime in seconds, text by its length in
/// UTF-8 characters, a string in a numeric column as missing.
[[nodiscard]] std::vector<double> column_numbers(const data::Column& column, SummaryKind kind);

/// Counts of its categories, missing values left out.
[[nodiscard]] stats::CategoryCounts column_categories(const data::Column& column);

/// Hour of the day (0..23) and day of the week (0 = Monday), UTC.
struct SeasonalSlot {
  std::size_t hour = 0;
  std::size_t weekday = 0;
};
[[nodiscard]] SeasonalSlot seasonal_slot(std::int64_t time_ns);

/// `times` has one event time per row, or is empty.
[[nodiscard]] ColumnSummary summarise(const data::Column& column, SummaryKind kind,
                                      std::span<const std::int64_t> times, std::uint64_t seed);

}  // namespace temper
