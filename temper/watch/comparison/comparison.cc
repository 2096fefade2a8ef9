#include "temper/watch/comparison/comparison.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "temper/watch/comparison/column.h"

namespace temper::comparison {
namespace {

double rate(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool is_listed(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using CompareOne = std::function<ColumnComparison(std::size_t, const data::Column&)>;

/// Compares the columns of `names` (the reference's) that are asked for and that `current` has.
Result<Comparison> compare_all(const std::vector<std::string>& names, const data::Table& current,
                               const CompareOptions& options, const CompareOne& compare_one) {
  for (const std::string& name : options.columns) {
    if (!is_listed(names, name)) {
      return fail(ErrorCode::kInvalidArgument, "the reference has no column '{}'", name);
    }
    TEMPER_TRY_STATUS(current.column(name));
  }
  Comparison result;
  result.current_rows = current.rows();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_wanted = options.columns.empty() || is_listed(options.columns, names[i]);
    if (!is_wanted || names[i] == options.time) continue;
    if (const auto index = current.column_index(names[i])) {
      result.columns.push_back(compare_one(i, current.columns[*index]));
      result.score = std::max(result.score, result.columns.back().score());
    } else {
      result.only_in_reference.push_back(names[i]);
    }
  }
  for (const data::Column& column : current.columns) {
    if (options.columns.empty() && column.name != options.time && !is_listed(names, column.name)) {
      result.only_in_current.push_back(column.name);
    }
  }
  if (result.columns.empty()) {
    return fail(ErrorCode::kInvalidArgument, "reference and current data have no column in common");
  }
  result.drift = result.score > kPsiTrigger;
  return result;
}

void add_notes(Comparison& result) {
  if (std::min(result.reference_rows, result.current_rows) < kFewRows) {
    result.notes.push_back(
        fmt::format("fewer than {} rows on a side: scores vary much by chance alone", kFewRows));
  }
  for (const std::string& name : result.only_in_reference) {
    result.notes.push_back(fmt::format("column '{}' is missing from the current data", name));
  }
}

/// Blocks of the current rows by time, scored on the columns that stray most.
Status add_trend(Comparison& result, const std::vector<std::string>& names,
                 const data::Table& current, const std::string& time,
                 const CompareOne& compare_one) {
  constexpr std::size_t kMostBlocks = 12;
  constexpr std::size_t kMostColumns = 5;
  TEMPER_TRY(const data::Column* clock, current.column(time));
  if (clock->type != data::ColumnType::kTimestamp) {
    return fail(ErrorCode::kInvalidArgument, "column '{}' is of type {}, not a time", time,
                data::column_type_name(clock->type));
  }
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < clock->size(); ++row) {
    if (!clock->is_missing(row)) rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return clock->integer(a) < clock->integer(b);
  });
  const std::size_t blocks = std::min<std::size_t>(kMostBlocks, rows.size() / kFewRows);
  if (blocks < 2) return {};
  Trend trend;
  for (const ColumnComparison* column : result.ranked()) {
    if (trend.columns.size() < kMostColumns && column->psi) trend.columns.push_back(column->name);
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t from = rows.size() * block / blocks;
    const std::size_t to = rows.size() * (block + 1) / blocks;
    const std::span<const std::size_t> part(rows.data() + from, to - from);
    Trend::Block scored{.first_ns = clock->integer(part.front()),
                        .last_ns = clock->integer(part.back()),
                        .rows = part.size(),
                        .scores = {}};
    for (const std::string& name : trend.columns) {
      TEMPER_TRY(const data::Column* column, current.column(name));
      const auto index = std::find(names.begin(), names.end(), name) - names.begin();
      scored.scores.push_back(
          compare_one(static_cast<std::size_t>(index), column->take(part)).score());
    }
    trend.blocks.push_back(std::move(scored));
  }
  result.trend = std::move(trend);
  return {};
}

Result<Comparison> compare_with(const std::vector<std::string>& names, std::uint64_t reference_rows,
                                const data::Table& current, const CompareOptions& options,
                                const CompareOne& compare_one) {
  TEMPER_TRY(Comparison result, compare_all(names, current, options, compare_one));
  result.reference_rows = reference_rows;
  add_notes(result);
  if (!options.time.empty()) {
    TEMPER_TRY_STATUS(add_trend(result, names, current, options.time, compare_one));
  }
  return result;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kStable:
      return "stable";
    case Verdict::kDrift:
      return "drift";
    case Verdict::kClock:
      return "clock";
    case Verdict::kNoReferenceValues:
      return "no reference values";
    case Verdict::kNoCurrentValues:
      return "no current values";
    case Verdict::kNoValues:
      return "no values";
  }
  return "unknown";
}

double ColumnComparison::score() const {
  return psi && verdict != Verdict::kClock ? psi->corrected : 0;
}
double ColumnComparison::reference_missing_rate() const {
  return rate(reference_missing, reference_rows);
}
double ColumnComparison::current_missing_rate() const {
  return rate(current_missing, current_rows);
}

std::vector<const ColumnComparison*> Comparison::ranked() const {
  std::vector<const ColumnComparison*> order;
  order.reserve(columns.size());
  for (const ColumnComparison& column : columns) order.push_back(&column);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->score() > b->score(); });
  return order;
}

Result<Comparison> compare(const data::Table& reference, const data::Table& current,
                           const CompareOptions& options) {
  std::vector<std::string> names;
  names.reserve(reference.columns.size());
  for (const data::Column& column : reference.columns) names.push_back(column.name);
  return compare_with(names, reference.rows(), current, options,
                      [&](std::size_t index, const data::Column& column) {
                        return compare_columns(reference.columns[index], column);
                      });
}

Result<Comparison> compare(const Reference& reference, const data::Table& current,
                           const CompareOptions& options) {
  std::vector<std::string> names;
  names.reserve(reference.features.size());
  for (const ColumnSummary& feature : reference.features) names.push_back(feature.name);
  return compare_with(names, reference.rows, current, options,
                      [&](std::size_t index, const data::Column& column) {
                        return compare_column(reference.features[index], column);
                      });
}

}  // namespace temper::comparison
