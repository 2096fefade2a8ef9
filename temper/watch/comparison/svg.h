// Charts as SVG text: no script, no external reference, colours by CSS class.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "temper/watch/comparison/comparison.h"

namespace temper::comparison {

/// `text` with & < > " ' as entities and control characters replaced, safe in HTML text and in
/// quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

/// At most `most` characters of UTF-8, "..." in place of the rest.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t most);

/// Both distributions over each other: intervals as filled reference and outlined current steps,
/// categories as pairs of horizontal bars. Empty text where there is no plot.
[[nodiscard]] std::string distribution_svg(const ColumnComparison& column);

/// Scores above are drawn as this, so that one column that changed altogether does not flatten the
/// rest.
inline constexpr double kHighestDrawn = 5 * kPsiTrigger;

/// One line per column over the blocks of time, with the trigger as a dashed line.
[[nodiscard]] std::string trend_svg(const Trend& trend);

/// "2013-02-01".
[[nodiscard]] std::string date_text(std::int64_t time_ns);

/// Four significant digits; datetime values as dates.
[[nodiscard]] std::string value_text(double value, SummaryKind kind);

}  // namespace temper::comparison
