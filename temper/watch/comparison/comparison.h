// Comparison of two data sets, column by column: what `temper drift REF CUR` says and draws.
//
// Decides for each column whether its distribution has drifted from the reference, and for the
// whole whether the drift trigger fires. Pure: tables in, verdicts out. Read this file, then
// column.h for one column, json.h and html.h for how the result is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"
#include "temper/model/reference/reference.h"
#include "temper/stats/chi_square.h"
#include "temper/stats/jensen_shannon.h"
#include "temper/stats/kolmogorov_smirnov.h"
#include "temper/stats/mean_tests.h"
#include "temper/stats/moments.h"
#include "temper/stats/population_stability.h"

namespace temper::comparison {

/// A column has drifted, and the trigger fires, when the bias-corrected PSI is above this.
inline constexpr double kPsiTrigger = 0.15;
/// Evidence only.
inline constexpr double kSignificance = 0.05;
inline constexpr double kJsEvidence = 0.10;
/// With fewer rows on a side a score says little; results then carry a note.
inline constexpr std::uint64_t kFewRows = 500;

enum class Verdict : std::uint8_t {
  kStable,
  kDrift,
  /// A datetime column whose current values all lie after the reference: it tells the time, and no
  /// drift; it is left out of the score.
  kClock,
  kNoReferenceValues,
  kNoCurrentValues,
  kNoValues,
};

/// "stable", "drift", "clock", "no reference values", "no current values", "no values".
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

/// Shares of both sides by the same bars: intervals (numbers) or labels (categories).
struct Plot {
  /// Interval ends, one more than bars; empty for categories.
  std::vector<double> edges;
  std::vector<std::string> labels;
  std::vector<double> reference;
  std::vector<double> current;
};

/// One column. What cannot be computed (other kinds, an empty side) is absent.
struct ColumnComparison {
  std::string name;
  SummaryKind kind = SummaryKind::kNumeric;
  Verdict verdict = Verdict::kNoValues;
  std::uint64_t reference_rows = 0;
  std::uint64_t current_rows = 0;
  std::uint64_t reference_missing = 0;
  std::uint64_t current_missing = 0;
  /// Chi-square test of missing against present.
  std::optional<double> missing_p_value;
  std::optional<stats::PopulationStability> psi;
  std::optional<stats::JensenShannon> js;
  std::optional<stats::KolmogorovSmirnov> ks;
  std::optional<double> wasserstein;
  /// In standard deviations of the reference.
  std::optional<double> wasserstein_normalised;
  std::optional<stats::ChiSquare> chi_square;
  std::optional<stats::MeanTest> z_test;
  std::optional<stats::MeanTest> welch_test;
  std::optional<stats::Moments> reference_moments;
  std::optional<stats::Moments> current_moments;
  /// Current rows of categories that the reference never had, and the most frequent of those.
  std::uint64_t unseen_rows = 0;
  std::vector<std::pair<std::string, std::uint64_t>> unseen;
  std::string note;
  Plot plot;

  [[nodiscard]] bool drift() const { return verdict == Verdict::kDrift; }
  /// Bias-corrected PSI, 0 where there is none or the column is left out.
  [[nodiscard]] double score() const;
  [[nodiscard]] double reference_missing_rate() const;
  [[nodiscard]] double current_missing_rate() const;
};

/// Scores of the current rows in blocks of equal size, in the order of their time.
struct Trend {
  struct Block {
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
    std::uint64_t rows = 0;
    /// One score per name in `columns`.
    std::vector<double> scores;
  };
  /// Those of highest score.
  std::vector<std::string> columns;
  std::vector<Block> blocks;
};

struct Comparison {
  /// The trigger: `score` > kPsiTrigger.
  bool drift = false;
  /// Largest bias-corrected PSI over the columns.
  double score = 0;
  std::uint64_t reference_rows = 0;
  std::uint64_t current_rows = 0;
  /// In the reference's order.
  std::vector<ColumnComparison> columns;
  std::vector<std::string> only_in_reference;
  std::vector<std::string> only_in_current;
  std::vector<std::string> notes;
  std::optional<Trend> trend;

  /// Columns by falling score, drifted ones first.
  [[nodiscard]] std::vector<const ColumnComparison*> ranked() const;
};

struct CompareOptions {
  /// Columns to compare; empty = all that both sides have.
  std::vector<std::string> columns;
  /// The clock: not compared, and used for the trend. Empty = none.
  std::string time;
};

/// Errors: kInvalidArgument for columns that a side lacks, a time column that is no timestamp, or
/// nothing in common.
[[nodiscard]] Result<Comparison> compare(const data::Table& reference, const data::Table& current,
                                         const CompareOptions& options);
[[nodiscard]] Result<Comparison> compare(const Reference& reference, const data::Table& current,
                                         const CompareOptions& options);

}  // namespace temper::comparison
