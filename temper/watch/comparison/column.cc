#include "temper/watch/comparison/column.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>

#include "temper/model/reference/build.h"
#include "temper/stats/category_table.h"
#include "temper/stats/column_distances.h"
#include "temper/stats/sorted_values.h"

namespace temper::comparison {
namespace {

/// The distribution of one side, whichever way it is known.
struct Distribution {
  std::function<double(double)> cdf;
  std::function<double(double)> quantile;
};

Distribution of_sorted(std::span<const double> sorted) {
  const auto size = static_cast<double>(sorted.size());
  return {.cdf =
              [=](double value) {
                const auto end = std::upper_bound(sorted.begin(), sorted.end(), value);
                return static_cast<double>(end - sorted.begin()) / size;
              },
          .quantile =
              [=](double q) {
                const auto at = static_cast<std::size_t>(q * size);
                return sorted[std::min(at, sorted.size() - 1)];
              }};
}

Distribution of_sketch(const stats::KllSketch& sketch) {
  return {.cdf = [&](double value) { return sketch.cdf(value); },
          .quantile = [&](double q) { return sketch.quantile(q); }};
}

/// Ends of bars that show both samples: whole numbers get a bar each where they are few, else 40
/// bars between the extreme half percents.
std::vector<double> bar_edges(const Distribution& a, const Distribution& b,
                              std::span<const double> current) {
  constexpr double kTail = 0.005;
  constexpr double kMostWhole = 60;
  constexpr int kBars = 40;
  double low = std::min(a.quantile(kTail), b.quantile(kTail));
  double high = std::max(a.quantile(1 - kTail), b.quantile(1 - kTail));
  if (!std::isfinite(low) || !std::isfinite(high) || !std::isfinite(high - low)) return {};
  const bool is_whole = std::floor(low) == low && std::floor(high) == high &&
                        std::all_of(current.begin(), current.end(),
                                    [](double value) { return std::floor(value) == value; });
  std::vector<double> edges;
  if (is_whole && high - low < kMostWhole) {
    for (double edge = low - 0.5; edge < high + 1; edge += 1) edges.push_back(edge);
  } else if (low < high) {
    for (int i = 0; i <= kBars; ++i) edges.push_back(low + (high - low) * i / kBars);
  } else {
    edges = {low - 0.5, low + 0.5};
  }
  return edges;
}

/// Mass beyond the ends is in the outermost bars.
std::vector<double> bar_shares(const Distribution& side, std::span<const double> edges) {
  std::vector<double> shares;
  double before = 0;
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const double upto = i + 1 == edges.size() ? 1 : side.cdf(edges[i]);
    shares.push_back(std::max(0.0, upto - before));
    before = upto;
  }
  return shares;
}

void test_missing(ColumnComparison& result) {
  const std::array<std::uint64_t, 2> reference = {result.reference_missing,
                                                  result.reference_rows - result.reference_missing};
  const std::array<std::uint64_t, 2> current = {result.current_missing,
                                                result.current_rows - result.current_missing};
  if (const auto chi = stats::chi_square_contingency(reference, current)) {
    result.missing_p_value = chi->p_value;
  }
}

/// Verdict by what is there and by the trigger.
void decide(ColumnComparison& result) {
  const bool has_reference = result.reference_rows > result.reference_missing;
  const bool has_current = result.current_rows > result.current_missing;
  if (!has_reference || !has_current) {
    result.verdict = has_reference ? Verdict::kNoCurrentValues
                     : has_current ? Verdict::kNoReferenceValues
                                   : Verdict::kNoValues;
    return;
  }
  const bool is_clock = result.kind == SummaryKind::kDatetime && result.reference_moments &&
                        result.current_moments &&
                        result.current_moments->min > result.reference_moments->max;
  if (is_clock) {
    result.verdict = Verdict::kClock;
    result.note = "all current times lie after the reference: a clock, left out of the score";
    return;
  }
  const bool drifts = result.psi && result.psi->corrected > kPsiTrigger;
  result.verdict = drifts ? Verdict::kDrift : Verdict::kStable;
}

/// Everything about numbers, given the reference's side and the current values.
void compare_numbers(const stats::ReferenceColumn& reference,
                     const std::function<Distribution()>& reference_distribution,
                     std::span<const double> values, ColumnComparison& result) {
  stats::Sorter sorter;
  const auto sorted = sorter.sort(values);
  result.current_missing = sorter.missing();
  stats::Moments moments;
  moments.add(values);
  result.current_moments = moments;
  const auto distances = reference.compare(sorted);
  if (!distances) return;
  result.ks = distances->ks;
  result.psi = distances->psi;
  result.js = distances->js;
  result.wasserstein = distances->wasserstein;
  result.z_test = stats::z_test(*result.reference_moments, moments);
  result.welch_test = stats::welch_test(*result.reference_moments, moments);
  const double deviation = result.reference_moments->standard_deviation();
  if (deviation > 0) result.wasserstein_normalised = distances->wasserstein / deviation;
  const Distribution a = reference_distribution();
  const Distribution b = of_sorted(sorted);
  result.plot.edges = bar_edges(a, b, sorted);
  if (result.plot.edges.empty()) return;
  result.plot.reference = bar_shares(a, result.plot.edges);
  result.plot.current = bar_shares(b, result.plot.edges);
}

std::uint64_t total_of(const stats::CategoryCounts& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

void find_unseen(const stats::CategoryCounts& reference, const stats::CategoryCounts& current,
                 ColumnComparison& result) {
  constexpr std::size_t kShown = 5;
  for (const auto& [name, count] : current) {
    if (reference.contains(name)) continue;
    result.unseen_rows += count;
    result.unseen.emplace_back(name, count);
  }
  std::stable_sort(result.unseen.begin(), result.unseen.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (result.unseen.size() > kShown) result.unseen.resize(kShown);
}

void compare_categories(const stats::CategoryCounts& reference, std::uint64_t reference_other,
                        const stats::CategoryCounts& current, ColumnComparison& result) {
  constexpr std::size_t kBars = 15;
  const stats::CategoryTable table(reference);
  auto a = table.count(reference);
  auto b = table.count(current);
  a.back() += reference_other;
  if (table.names().empty() && !reference.empty() && result.note.empty()) {
    result.note = "no category has 1 % of the reference: all are pooled, nothing can be told apart";
  }
  if (reference_other == 0) find_unseen(reference, current, result);
  if (const auto psi = stats::population_stability_index(a, b)) result.psi = *psi;
  if (const auto js = stats::jensen_shannon(a, b)) result.js = *js;
  if (const auto chi = stats::chi_square_contingency(a, b)) result.chi_square = *chi;
  const auto n = static_cast<double>(total_of(reference) + reference_other);
  const auto m = static_cast<double>(total_of(current));
  if (n == 0 || m == 0) return;
  // The last bar takes the pool and the categories that find no room.
  double rest_a = 1;
  double rest_b = 1;
  for (std::size_t i = 0; i < std::min(table.names().size(), kBars); ++i) {
    result.plot.labels.push_back(table.names()[i]);
    result.plot.reference.push_back(static_cast<double>(a[i]) / n);
    result.plot.current.push_back(static_cast<double>(b[i]) / m);
    rest_a -= result.plot.reference.back();
    rest_b -= result.plot.current.back();
  }
  result.plot.labels.emplace_back("(all others)");
  result.plot.reference.push_back(std::max(0.0, rest_a));
  result.plot.current.push_back(std::max(0.0, rest_b));
}

ColumnComparison start(std::string name, SummaryKind kind, std::uint64_t reference_rows,
                       std::uint64_t current_rows) {
  ColumnComparison result;
  result.name = std::move(name);
  result.kind = kind;
  result.reference_rows = reference_rows;
  result.current_rows = current_rows;
  return result;
}

bool holds_values(const data::Column& column) { return column.missing_count() < column.size(); }

/// How many values are numbers, texts or times: what two columns of different types still share.
/// One stray word makes a CSV column one of texts, so texts that read as numbers count as such.
stats::CategoryCounts count_types(const data::Column& column) {
  stats::CategoryCounts counts;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_missing(row)) continue;
    if (column.type == data::ColumnType::kTimestamp) {
      ++counts["time"];
    } else if (column.type == data::ColumnType::kString) {
      const std::string_view text = column.text(row);
      double value = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
      ++counts[end == text.data() + text.size() && !text.empty() ? "number" : "text"];
    } else {
      ++counts["number"];
    }
  }
  return counts;
}

bool has_another_type(const data::Column& reference, const data::Column& current) {
  using data::ColumnType;
  if (!holds_values(reference) || !holds_values(current)) return false;
  const auto is = [&](ColumnType type) {
    return (reference.type == type) != (current.type == type);
  };
  return is(ColumnType::kString) || is(ColumnType::kTimestamp);
}

SummaryKind kind_of_both(const data::Column& reference, const data::Column& current) {
  if (!holds_values(reference)) return summary_kind(current);
  const SummaryKind kind = summary_kind(reference);
  // Integers of few values there and many here are numbers.
  const bool is_number = kind == SummaryKind::kCategorical && holds_values(current) &&
                         reference.type != data::ColumnType::kString &&
                         summary_kind(current) == SummaryKind::kNumeric;
  return is_number ? SummaryKind::kNumeric : kind;
}

}  // namespace

ColumnComparison compare_columns(const data::Column& reference, const data::Column& current) {
  const bool is_other_type = has_another_type(reference, current);
  const SummaryKind kind =
      is_other_type ? SummaryKind::kCategorical : kind_of_both(reference, current);
  ColumnComparison result = start(reference.name, kind, reference.size(), current.size());
  result.reference_missing = reference.missing_count();
  result.current_missing = current.missing_count();
  if (is_other_type) {
    result.note =
        fmt::format("the type changed from {} to {}; compared by what its values are",
                    data::column_type_name(reference.type), data::column_type_name(current.type));
    compare_categories(count_types(reference), 0, count_types(current), result);
  } else if (kind == SummaryKind::kCategorical) {
    compare_categories(column_categories(reference), 0, column_categories(current), result);
  } else {
    const std::vector<double> values = column_numbers(reference, kind);
    result.reference_moments.emplace();
    result.reference_moments->add(std::span<const double>(values));
    stats::Sorter sorter;
    const auto sorted = sorter.sort(values);
    compare_numbers(
        stats::ReferenceColumn(sorted), [&] { return of_sorted(sorted); },
        column_numbers(current, kind), result);
  }
  test_missing(result);
  decide(result);
  return result;
}

ColumnComparison compare_column(const ColumnSummary& reference, const data::Column& current) {
  ColumnComparison result = start(reference.name, reference.kind, reference.rows, current.size());
  result.reference_missing = reference.missing;
  result.current_missing = current.missing_count();
  if (reference.kind == SummaryKind::kCategorical) {
    compare_categories(reference.categories, reference.other, column_categories(current), result);
  } else {
    const bool is_unreadable = current.type == data::ColumnType::kString &&
                               reference.kind != SummaryKind::kText && holds_values(current);
    if (is_unreadable) {
      result.note = fmt::format("the reference is {}, the current values are texts",
                                summary_kind_name(reference.kind));
    }
    result.reference_moments = reference.moments;
    compare_numbers(
        stats::ReferenceColumn(reference.sketch, reference.bins, reference.bin_counts),
        [&] { return of_sketch(reference.sketch); }, column_numbers(current, reference.kind),
        result);
  }
  test_missing(result);
  decide(result);
  return result;
}

}  // namespace temper::comparison
