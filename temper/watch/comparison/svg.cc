#include "temper/watch/comparison/svg.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace temper::comparison {
namespace {

constexpr double kWidth = 620;
constexpr double kLeft = 46;
constexpr double kRight = 10;
constexpr double kTop = 10;

double largest(const Plot& plot) {
  double most = 0;
  for (const double share : plot.reference) most = std::max(most, share);
  for (const double share : plot.current) most = std::max(most, share);
  return most > 0 ? most : 1;
}

/// A step outline over bars of equal width, closed at the base line.
std::string steps(const std::vector<double>& shares, double most, double height,
                  std::string_view css) {
  const double width = (kWidth - kLeft - kRight) / static_cast<double>(shares.size());
  const double base = kTop + height;
  std::string path = fmt::format("M{:.1f} {:.1f}", kLeft, base);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double y = base - shares[i] / most * height;
    path += fmt::format("V{:.1f}H{:.1f}", y, kLeft + width * static_cast<double>(i + 1));
  }
  return fmt::format(R"(<path class="{}" d="{}V{:.1f}Z"/>)", css, path, base);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor,
                     escape_html(text));
}

std::string percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

std::string open_svg(double height, std::string_view label) {
  return fmt::format(
      R"(<svg viewBox="0 0 {} {:.0f}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">)",
      kWidth, height, escape_html(label));
}

std::string numbers_svg(const ColumnComparison& column) {
  constexpr double kHeight = 170;
  const Plot& plot = column.plot;
  const double most = largest(plot);
  std::string svg = open_svg(kTop + kHeight + 24,
                             "Distribution of " + column.name + " in reference and current data");
  for (const double level : {0.0, 0.5, 1.0}) {
    const double y = kTop + kHeight * (1 - level);
    svg += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                       kWidth - kRight, y, y);
    svg += text_at(kLeft - 6, y + 4, "end", percent(level * most));
  }
  svg += steps(plot.reference, most, kHeight, "ref");
  svg += steps(plot.current, most, kHeight, "cur");
  constexpr int kTicks = 4;
  for (int tick = 0; tick <= kTicks; ++tick) {
    const double at = static_cast<double>(tick) / kTicks;
    const double value = plot.edges.front() + (plot.edges.back() - plot.edges.front()) * at;
    const std::string_view anchor = tick == 0 ? "start" : tick == kTicks ? "end" : "middle";
    svg += text_at(kLeft + (kWidth - kLeft - kRight) * at, kTop + kHeight + 18, anchor,
                   value_text(value, column.kind));
  }
  return svg + "</svg>";
}

std::string categories_svg(const ColumnComparison& column) {
  constexpr double kRow = 24;
  constexpr double kLabels = 150;
  constexpr double kNumbers = 110;
  const Plot& plot = column.plot;
  const double most = largest(plot);
  const double room = kWidth - kLabels - kNumbers;
  std::string svg = open_svg(kRow * static_cast<double>(plot.labels.size()) + 8,
                             "Shares of the categories of " + column.name);
  for (std::size_t i = 0; i < plot.labels.size(); ++i) {
    const double y = 4 + kRow * static_cast<double>(i);
    const std::string label = plot.labels[i].empty() ? "(empty)" : shorten(plot.labels[i], 22);
    svg += text_at(kLabels - 8, y + 14, "end", label);
    svg += fmt::format(R"(<rect class="ref" x="{}" y="{:.1f}" width="{:.1f}" height="9"/>)",
                       kLabels, y, plot.reference[i] / most * room);
    svg += fmt::format(R"(<rect class="curbar" x="{}" y="{:.1f}" width="{:.1f}" height="9"/>)",
                       kLabels, y + 10, plot.current[i] / most * room);
    svg += text_at(kWidth - 4, y + 14, "end",
                   percent(plot.reference[i]) + " / " + percent(plot.current[i]));
  }
  return svg + "</svg>";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        escaped += byte < 0x20 || byte == 0x7f ? ' ' : c;
      }
    }
  }
  return escaped;
}

std::string shorten(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && characters++ == most) return std::string(text.substr(0, i)) + "...";
  }
  return std::string(text);
}

std::string date_text(std::int64_t time_ns) {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_time<nanoseconds>(nanoseconds(time_ns)));
  const year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string value_text(double value, SummaryKind kind) {
  // Nanoseconds since the epoch reach from 1677 to 2262.
  if (kind == SummaryKind::kDatetime && std::abs(value) < 9.2e9) {
    return date_text(static_cast<std::int64_t>(value) * 1'000'000'000);
  }
  return fmt::format("{:.4g}", value);
}

std::string distribution_svg(const ColumnComparison& column) {
  if (column.plot.reference.empty()) return "";
  return column.plot.edges.empty() ? categories_svg(column) : numbers_svg(column);
}

std::string trend_svg(const Trend& trend) {
  constexpr double kHeight = 190;
  double most = 2 * kPsiTrigger;
  for (const auto& block : trend.blocks) {
    for (const double score : block.scores) most = std::max(most, score);
  }
  const bool is_cut = most > kHighestDrawn;
  most = std::min(most, kHighestDrawn);
  const double step = (kWidth - kLeft - kRight) /
                      static_cast<double>(std::max<std::size_t>(trend.blocks.size(), 2) - 1);
  const auto y_of = [&](double score) {
    return kTop + kHeight * (1 - std::min(score, most) / most);
  };
  std::string svg = open_svg(kTop + kHeight + 24 + 18 * static_cast<double>(trend.columns.size()),
                             "Drift score over time");
  for (const double level : {0.0, 0.5, 1.0}) {
    svg += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                       kWidth - kRight, y_of(level * most), y_of(level * most));
    const bool is_top = level == 1.0;
    svg += text_at(kLeft - 6, y_of(level * most) + 4, "end",
                   fmt::format("{:.2g}{}", level * most, is_top && is_cut ? "+" : ""));
  }
  svg += fmt::format(R"(<line class="trigger" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                     kWidth - kRight, y_of(kPsiTrigger), y_of(kPsiTrigger));
  for (std::size_t i = 0; i < trend.columns.size(); ++i) {
    std::string points;
    for (std::size_t block = 0; block < trend.blocks.size(); ++block) {
      points += fmt::format("{:.1f},{:.1f} ", kLeft + step * static_cast<double>(block),
                            y_of(trend.blocks[block].scores[i]));
    }
    svg += fmt::format(R"(<polyline class="line line{}" points="{}"/>)", i, points);
    const double y = kTop + kHeight + 36 + 18 * static_cast<double>(i);
    svg += fmt::format(R"(<line class="line line{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", i,
                       kLeft, kLeft + 24, y - 4, y - 4);
    svg += text_at(kLeft + 32, y, "start", shorten(trend.columns[i], 60));
  }
  if (!trend.blocks.empty()) {
    svg += text_at(kLeft, kTop + kHeight + 18, "start", date_text(trend.blocks.front().first_ns));
    svg += text_at(kWidth - kRight, kTop + kHeight + 18, "end",
                   date_text(trend.blocks.back().last_ns));
  }
  return svg + "</svg>";
}

}  // namespace temper::comparison
