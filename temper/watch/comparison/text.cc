#include "temper/watch/comparison/text.h"

#include <algorithm>

#include "temper/watch/comparison/svg.h"

namespace temper::comparison {
namespace {

template <typename Value>
std::string cell(const std::optional<Value>& value, double Value::* field) {
  return value ? fmt::format("{:.4f}", (*value).*field) : "-";
}

/// Control characters of a name could move the cursor.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

std::string to_text(const Comparison& comparison) {
  constexpr std::size_t kLongestName = 28;
  std::string text =
      fmt::format("{}: score {:.4f} (trigger {}), {} reference rows, {} current rows\n\n",
                  comparison.drift ? "DRIFT" : "no drift", comparison.score, kPsiTrigger,
                  comparison.reference_rows, comparison.current_rows);
  text += fmt::format("{:<30} {:<12} {:<20} {:>8} {:>8} {:>8} {:>8} {:>10} {:>16}\n", "column",
                      "type", "verdict", "score", "psi", "ks", "js", "ks p", "missing");
  for (const ColumnComparison* column : comparison.ranked()) {
    text += fmt::format(
        "{:<30} {:<12} {:<20} {:>8} {:>8} {:>8} {:>8} {:>10} {:>7.2f}% {:>6.2f}%\n",
        printable(shorten(column->name, kLongestName)), summary_kind_name(column->kind),
        verdict_name(column->verdict), column->psi ? fmt::format("{:.4f}", column->score()) : "-",
        cell(column->psi, &stats::PopulationStability::psi),
        cell(column->ks, &stats::KolmogorovSmirnov::statistic),
        cell(column->js, &stats::JensenShannon::divergence),
        column->ks ? fmt::format("{:.2e}", column->ks->p_value) : "-",
        100 * column->reference_missing_rate(), 100 * column->current_missing_rate());
  }
  for (const ColumnComparison& column : comparison.columns) {
    if (!column.note.empty()) {
      text += fmt::format("\nnote on '{}': {}", printable(column.name), printable(column.note));
    }
  }
  for (const std::string& note : comparison.notes) text += "\nnote: " + printable(note);
  if (text.back() != '\n') text += '\n';
  return text;
}

}  // namespace temper::comparison
