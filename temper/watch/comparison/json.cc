#include "temper/watch/comparison/json.h"

#include <cmath>

#include "temper/core/log.h"

namespace temper::comparison {
namespace {

using log::json_quote;

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string number(const std::optional<double>& value) { return value ? number(*value) : "null"; }

std::string ks_json(const std::optional<stats::KolmogorovSmirnov>& ks) {
  if (!ks) return "null";
  return fmt::format(R"({{"statistic":{},"p_value":{},"exact":{},"sketch_error":{}}})",
                     number(ks->statistic), number(ks->p_value), ks->is_exact,
                     number(ks->sketch_error));
}

std::string mean_test_json(const std::optional<stats::MeanTest>& test) {
  if (!test) return "null";
  return fmt::format(R"({{"statistic":{},"p_value":{}}})", number(test->statistic),
                     number(test->p_value));
}

std::string moments_json(const std::optional<stats::Moments>& moments) {
  if (!moments) return "null";
  return fmt::format(R"({{"count":{},"infinite":{},"mean":{},"std":{},"min":{},"max":{}}})",
                     moments->count, moments->infinite, number(moments->mean),
                     number(moments->standard_deviation()), number(moments->min),
                     number(moments->max));
}

std::string unseen_json(const ColumnComparison& column) {
  std::string examples;
  for (const auto& [name, count] : column.unseen) {
    examples += fmt::format(R"({}{{"category":{},"rows":{}}})", examples.empty() ? "" : ",",
                            json_quote(name), count);
  }
  return fmt::format(R"({{"rows":{},"examples":[{}]}})", column.unseen_rows, examples);
}

/// The rules that SPEC calls kinds; only the trigger alarms.
std::string evidence_json(const ColumnComparison& column) {
  return fmt::format(
      R"({{"ks_p_below_0.05":{},"psi_above_0.15":{},"js_above_0.10":{},"missing_rate_p_below_0.05":{}}})",
      column.ks && column.ks->p_value < kSignificance, column.psi && column.psi->psi > kPsiTrigger,
      column.js && column.js->divergence > kJsEvidence,
      column.missing_p_value && *column.missing_p_value < kSignificance);
}

std::string column_json(const ColumnComparison& column) {
  std::string json =
      fmt::format(R"({{"name":{},"type":"{}","drift":{},"verdict":"{}")", json_quote(column.name),
                  summary_kind_name(column.kind), column.drift(), verdict_name(column.verdict));
  json += ",\"ks\":" + ks_json(column.ks);
  json += ",\"psi\":" + (column.psi ? number(column.psi->psi) : "null");
  json += ",\"psi_corrected\":" + (column.psi ? number(column.psi->corrected) : "null");
  json += ",\"bins\":" + (column.psi ? fmt::format("{}", column.psi->bins) : "null");
  json += ",\"js\":" + (column.js ? number(column.js->divergence) : "null");
  json += ",\"js_distance\":" + (column.js ? number(column.js->distance) : "null");
  json += ",\"wasserstein\":" + number(column.wasserstein);
  json += ",\"wasserstein_normalised\":" + number(column.wasserstein_normalised);
  json += ",\"chi_square\":";
  json +=
      column.chi_square
          ? fmt::format(R"({{"statistic":{},"p_value":{},"degrees":{},"smallest_expected":{}}})",
                        number(column.chi_square->statistic), number(column.chi_square->p_value),
                        number(column.chi_square->degrees),
                        number(column.chi_square->smallest_expected))
          : "null";
  json += ",\"z_test\":" + mean_test_json(column.z_test);
  json += ",\"welch_test\":" + mean_test_json(column.welch_test);
  json += fmt::format(R"(,"missing_rate":{{"reference":{},"current":{},"p_value":{}}})",
                      number(column.reference_missing_rate()),
                      number(column.current_missing_rate()), number(column.missing_p_value));
  json += ",\"reference\":" + moments_json(column.reference_moments);
  json += ",\"current\":" + moments_json(column.current_moments);
  if (column.kind == SummaryKind::kCategorical) json += ",\"unseen\":" + unseen_json(column);
  json += ",\"evidence\":" + evidence_json(column);
  if (!column.note.empty()) json += ",\"note\":" + json_quote(column.note);
  return json + "}";
}

std::string names_json(const std::vector<std::string>& names) {
  std::string json;
  for (const std::string& name : names) json += (json.empty() ? "" : ",") + json_quote(name);
  return "[" + json + "]";
}

std::string trend_json(const Trend& trend) {
  std::string blocks;
  for (const Trend::Block& block : trend.blocks) {
    std::string scores;
    for (const double score : block.scores) scores += (scores.empty() ? "" : ",") + number(score);
    blocks +=
        fmt::format(R"({}{{"first_ns":{},"last_ns":{},"rows":{},"scores":[{}]}})",
                    blocks.empty() ? "" : ",", block.first_ns, block.last_ns, block.rows, scores);
  }
  return fmt::format(R"({{"columns":{},"blocks":[{}]}})", names_json(trend.columns), blocks);
}

}  // namespace

std::string to_json(const Comparison& comparison) {
  std::string columns;
  for (const ColumnComparison& column : comparison.columns) {
    columns += (columns.empty() ? "" : ",") + column_json(column);
  }
  std::string json = fmt::format(
      R"({{"drift":{},"drift_score":{},"columns":[{}],"reference_rows":{},"current_rows":{})",
      comparison.drift, number(comparison.score), columns, comparison.reference_rows,
      comparison.current_rows);
  json += ",\"only_in_reference\":" + names_json(comparison.only_in_reference);
  json += ",\"only_in_current\":" + names_json(comparison.only_in_current);
  json += ",\"notes\":" + names_json(comparison.notes);
  if (comparison.trend) json += ",\"trend\":" + trend_json(*comparison.trend);
  return json + "}";
}

}  // namespace temper::comparison
