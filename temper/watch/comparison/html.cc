#include "temper/watch/comparison/html.h"

#include <algorithm>
#include <cmath>

#include "temper/watch/comparison/svg.h"

namespace temper::comparison {
namespace {

constexpr std::string_view kStyle = R"(
:root{--bg:#f7f8fa;--card:#fff;--ink:#1c2530;--soft:#647083;--line:#e3e7ed;--ref:#8fa9c4;--cur:#d9622b;
--bad:#b3261e;--good:#1e7a46;--badbg:#fdecea;--goodbg:#e8f5ee}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--card:#1c2229;--ink:#e4e9ef;--soft:#97a3b3;--line:#2e3640;
--ref:#5b7999;--cur:#f08a55;--bad:#ff8a80;--good:#6fd39b;--badbg:#3a1f1d;--goodbg:#193126}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 60px}h1{font-size:26px;margin:0 0 4px}
h2{font-size:19px;margin:38px 0 12px}h3{font-size:16px;margin:0;overflow-wrap:anywhere}p{margin:6px 0}
.soft{color:var(--soft)}a{color:inherit}.banner{border-radius:10px;padding:18px 22px;margin:22px 0;border:1px solid}
.banner b{font-size:20px}.bad{color:var(--bad)}.good{color:var(--good)}
.banner.bad{background:var(--badbg)}.banner.good{background:var(--goodbg)}.banner p{color:var(--ink)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:14px 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;color:var(--soft);font-size:13px}td,th{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);
vertical-align:top}td.n,th.n{text-align:right}td.name{overflow-wrap:anywhere;max-width:280px}.scroll{overflow-x:auto}
.bar{display:inline-block;height:10px;border-radius:3px;background:var(--ref);min-width:1px}.bar.bad{background:var(--bad)}
.pill{display:inline-block;border:1px solid;border-radius:20px;font-size:12px;padding:0 9px;white-space:nowrap}
.head{display:flex;gap:12px;align-items:center;flex-wrap:wrap;margin-bottom:10px}
.two{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:24px}@media(max-width:800px){.two{grid-template-columns:1fr}}
svg{width:100%;height:auto;display:block}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--line)}.ref{fill:var(--ref);fill-opacity:.55}.cur{fill:var(--cur);fill-opacity:.12;stroke:var(--cur);stroke-width:1.8}
.curbar{fill:var(--cur)}.trigger{stroke:var(--bad);stroke-dasharray:5 4}.line{fill:none;stroke-width:2}
.line0{stroke:#d9622b}.line1{stroke:#3b7dd8}.line2{stroke:#2f9e6e}.line3{stroke:#a05cc7}.line4{stroke:#b58a1b}
.key i{display:inline-block;width:14px;height:10px;border-radius:2px;margin:0 5px 0 14px}.key .k1{background:var(--ref)}
.key .k2{background:var(--cur)}.meter{height:8px;background:var(--line);border-radius:4px;overflow:hidden;margin:3px 0 8px}
.meter span{display:block;height:100%}
@media print{body{background:#fff}.card{break-inside:avoid}}
)";

std::string number(double value) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  return fmt::format("{:.4g}", value);
}

std::string p_text(double p) { return p < 1e-4 ? "&lt; 0.0001" : fmt::format("{:.4f}", p); }

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::string_view tone(const ColumnComparison& column) {
  switch (column.verdict) {
    case Verdict::kDrift:
    case Verdict::kNoCurrentValues:
    case Verdict::kNoReferenceValues:
      return "bad";
    case Verdict::kStable:
      return "good";
    case Verdict::kClock:
    case Verdict::kNoValues:
      return "soft";
  }
  return "soft";
}

std::string pill(const ColumnComparison& column) {
  return fmt::format(R"(<span class="pill {}">{}</span>)", tone(column),
                     verdict_name(column.verdict));
}

std::string header(const Comparison& comparison, const ReportTitle& title) {
  const auto drifted = std::count_if(comparison.columns.begin(), comparison.columns.end(),
                                     [](const auto& column) { return column.drift(); });
  std::string html = fmt::format(
      "<h1>Drift report</h1>\n<p class=\"soft\">Reference <b>{}</b> ({} rows) against current "
      "<b>{}</b> "
      "({} rows)</p>\n",
      escape_html(title.reference), comparison.reference_rows, escape_html(title.current),
      comparison.current_rows);
  html += fmt::format(
      "<div class=\"banner {}\"><b class=\"{}\">{}</b><p>{} of {} columns drifted. Drift score {} "
      "(the largest bias-corrected population stability index); the trigger is {}.</p>",
      comparison.drift ? "bad" : "good", comparison.drift ? "bad" : "good",
      comparison.drift ? "Drift" : "No drift", drifted, comparison.columns.size(),
      number(comparison.score), kPsiTrigger);
  for (const std::string& note : comparison.notes) {
    html += "<p>Note: " + escape_html(note) + ".</p>";
  }
  return html + "</div>\n";
}

std::string ranking(const Comparison& comparison,
                    const std::vector<const ColumnComparison*>& ranked) {
  const double scale = std::clamp(comparison.score, 2 * kPsiTrigger, kHighestDrawn);
  std::string html =
      "<h2>Features, ranked</h2>\n<div class=\"card "
      "scroll\"><table><tr><th>feature</th><th>type</th>"
      "<th>verdict</th><th class=\"n\">score</th><th></th><th class=\"n\">KS</th><th class=\"n\">"
      "Jensen-Shannon</th><th class=\"n\">missing: reference</th><th "
      "class=\"n\">current</th></tr>\n";
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const ColumnComparison& column = *ranked[i];
    html += fmt::format(
        "<tr><td class=\"name\"><a href=\"#f{}\">{}</a></td><td>{}</td><td>{}</td><td "
        "class=\"n\">{}</td>"
        "<td style=\"width:18%\"><span class=\"bar {}\" style=\"width:{:.1f}%\"></span></td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td></tr>\n",
        i, escape_html(shorten(column.name, 80)), summary_kind_name(column.kind), pill(column),
        column.psi ? number(column.score()) : "-", column.drift() ? "bad" : "",
        100 * std::min(1.0, column.score() / scale), column.ks ? number(column.ks->statistic) : "-",
        column.js ? number(column.js->divergence) : "-", percent(column.reference_missing_rate()),
        percent(column.current_missing_rate()));
  }
  return html + "</table></div>\n";
}

std::string trend(const Comparison& comparison) {
  if (!comparison.trend) return "";
  return "<h2>Trend</h2>\n<div class=\"card\"><p class=\"soft\">Score of each block of current "
         "rows, in "
         "the order of their time; the dashed line is the trigger.</p>" +
         trend_svg(*comparison.trend) + "</div>\n";
}

std::string meter(std::string_view label, double share, std::string_view colour) {
  return fmt::format(
      "<div class=\"soft\">missing, {}: {}</div><div class=\"meter\"><span style=\"width:{:.1f}%;"
      "background:var(--{})\"></span></div>",
      label, percent(share), 100 * share, colour);
}

std::string row(std::string_view name, const std::string& statistic, const std::string& p_value) {
  return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>", name,
                     statistic, p_value);
}

std::string tests(const ColumnComparison& column) {
  std::string html =
      "<table><tr><th>test</th><th class=\"n\">value</th><th class=\"n\">p-value</th></tr>";
  if (column.psi) {
    html += row("PSI", number(column.psi->psi), "");
    html += row("PSI, bias-corrected", number(column.psi->corrected), "");
  }
  if (column.ks) {
    const std::string name =
        column.ks->sketch_error > 0
            ? fmt::format("Kolmogorov-Smirnov (&plusmn; {:.2g})", column.ks->sketch_error)
            : std::string("Kolmogorov-Smirnov");
    html += row(name, number(column.ks->statistic), p_text(column.ks->p_value));
  }
  if (column.js) {
    html += row("Jensen-Shannon divergence", number(column.js->divergence), "");
    html += row("Jensen-Shannon distance", number(column.js->distance), "");
  }
  if (column.wasserstein) html += row("Wasserstein", number(*column.wasserstein), "");
  if (column.wasserstein_normalised) {
    html += row("Wasserstein, in std of the reference", number(*column.wasserstein_normalised), "");
  }
  if (column.chi_square) {
    html +=
        row("chi-square", number(column.chi_square->statistic), p_text(column.chi_square->p_value));
  }
  if (column.welch_test) {
    html +=
        row("Welch's t", number(column.welch_test->statistic), p_text(column.welch_test->p_value));
  }
  if (column.missing_p_value) {
    html += row("missing rate (chi-square)", "", p_text(*column.missing_p_value));
  }
  return html + "</table>";
}

std::string moments(const ColumnComparison& column) {
  if (!column.reference_moments || !column.current_moments) return "";
  const auto line = [&](std::string_view name, const stats::Moments& side) {
    if (side.count == 0) return std::string();
    // A spread of times is in seconds and no date.
    return fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{:.4g}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        name, value_text(side.mean, column.kind), side.standard_deviation(),
        value_text(side.min, column.kind), value_text(side.max, column.kind));
  };
  return "<table><tr><th></th><th class=\"n\">mean</th><th class=\"n\">std</th><th "
         "class=\"n\">min</th>"
         "<th class=\"n\">max</th></tr>" +
         line("reference", *column.reference_moments) + line("current", *column.current_moments) +
         "</table>";
}

std::string unseen(const ColumnComparison& column) {
  if (column.unseen_rows == 0) return "";
  std::string names;
  for (const auto& [name, count] : column.unseen) {
    names += fmt::format("{}<b>{}</b> ({})", names.empty() ? "" : ", ",
                         escape_html(shorten(name, 40)), count);
  }
  return fmt::format("<p>{} current rows of categories that the reference never had: {}.</p>",
                     column.unseen_rows, names);
}

std::string feature(const ColumnComparison& column, std::size_t index) {
  std::string html = fmt::format(
      "<section class=\"card\" id=\"f{}\"><div class=\"head\"><h3>{}</h3>{}<span "
      "class=\"soft\">{}</span>"
      "</div>\n",
      index, escape_html(shorten(column.name, 200)), pill(column), summary_kind_name(column.kind));
  if (!column.note.empty()) html += "<p>Note: " + escape_html(column.note) + ".</p>";
  const std::string plot = distribution_svg(column);
  html += "<div class=\"two\"><div>";
  if (plot.empty()) {
    html += "<p class=\"soft\">No values on both sides to draw.</p>";
  } else {
    html += fmt::format(
        "<p class=\"key soft\">{}<i class=\"k1\"></i>reference<i class=\"k2\"></i>current</p>",
        column.kind == SummaryKind::kText ? "length in characters" : "share of rows");
    html += plot;
  }
  html += unseen(column) + moments(column) + "</div><div>" +
          meter("reference", column.reference_missing_rate(), "ref") +
          meter("current", column.current_missing_rate(), "cur") + tests(column) + "</div></div>";
  return html + "</section>\n";
}

}  // namespace

std::string to_html(const Comparison& comparison, const ReportTitle& title) {
  const auto ranked = comparison.ranked();
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>Drift report</title><style>";
  html += kStyle;
  html += "</style></head><body><main>\n";
  html += header(comparison, title) + ranking(comparison, ranked) + trend(comparison);
  html += "<h2>Feature by feature</h2>\n";
  for (std::size_t i = 0; i < ranked.size(); ++i) html += feature(*ranked[i], i);
  html +=
      "<p class=\"soft\">PSI and Jensen-Shannon are taken over at most ten bins of equal reference "
      "mass, or over categories with those below 1 % pooled. The outermost bars of a plot hold "
      "what "
      "lies beyond. Missing values are left out of all distances. Each p-value is for one test "
      "alone: with large data tiny differences are significant, which is why the trigger is the "
      "score.</p>\n</main></body></html>\n";
  return html;
}

}  // namespace temper::comparison
