// What a reference remembers of one column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/stats/category_table.h"
#include "temper/stats/encoding.h"
#include "temper/stats/kll_sketch.h"
#include "temper/stats/moments.h"
#include "temper/stats/quantile_bins.h"

namespace temper {

enum class SummaryKind : std::uint8_t {
  /// Values as they are.
  kNumeric,
  /// Counts of categories: strings, booleans, integers of few values.
  kCategorical,
  /// Seconds since the Unix epoch, UTC, as numbers.
  kDatetime,
  /// Free text, by its length in characters.
  kText,
};

/// "numeric", "categorical", "datetime", "text".
[[nodiscard]] std::string_view summary_kind_name(SummaryKind kind);

/// Counts per bin, once for each seasonal slot.
struct Strata {
  /// 24 rows, UTC hours, of one count per bin.
  std::vector<std::vector<std::uint64_t>> by_hour;
  /// 7 rows, Monday first.
  std::vector<std::vector<std::uint64_t>> by_weekday;

  bool operator==(const Strata&) const = default;
};

/// Summary of one column: of a feature, or of one output of the model.
///
/// Shapes:  kinds other than kCategorical have `moments`, `sketch`, `bins` and one count per bin;
///          kCategorical has `categories`, and in `other` the rows of categories beyond
///          kMostCategories. Strata have one count per bin of `bins`, or of
///          `CategoryTable(categories)`.
/// Edges:   missing values are counted in `missing` alone; a column of nothing else is a valid
///          summary with `rows == missing`.
struct ColumnSummary {
  static constexpr std::size_t kMostCategories = 10'000;
  static constexpr std::size_t kLongestCategory = 256;
  /// Rank error near 0.5 % at one point.
  static constexpr std::uint32_t kSketchK = 1024;

  std::string name;
  SummaryKind kind = SummaryKind::kNumeric;
  std::uint64_t rows = 0;
  std::uint64_t missing = 0;
  stats::Moments moments;
  stats::KllSketch sketch{kSketchK};
  stats::QuantileBins bins;
  std::vector<std::uint64_t> bin_counts;
  stats::CategoryCounts categories;
  std::uint64_t other = 0;
  std::optional<Strata> strata;

  [[nodiscard]] double missing_rate() const;

  /// As if the rows of `other` had been summarised here too.
  ///
  /// Value:   bins stay where both sides have the same ones; else they are cut anew from the merged
  ///          sketch, their counts come from it, and the strata, which cannot be cut anew, go.
  ///          Strata of categories stay where both have the same common categories.
  /// Errors:  kInvalidArgument if name or kind differ.
  [[nodiscard]] Status merge(const ColumnSummary& other);

  void write(stats::ByteWriter& out) const;
  /// Errors: kInvalidArgument for anything `write` would not have written.
  [[nodiscard]] static Result<ColumnSummary> read(stats::ByteReader& in);

  bool operator==(const ColumnSummary&) const = default;
};

/// A category's key: the text itself, or of longer ones the start and a digest.
[[nodiscard]] std::string category_key(std::string_view text);

}  // namespace temper
