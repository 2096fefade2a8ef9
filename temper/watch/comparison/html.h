// The comparison as one self-contained HTML page.
#pragma once

#include <string>

#include "temper/watch/comparison/comparison.h"

namespace temper::comparison {

struct ReportTitle {
  /// How the two sides are called: file names.
  std::string reference;
  std::string current;
};

/// A page with the verdict, the features ranked by score, the trend where there is one, and for
/// each feature both distributions, missing rates and tests.
///
/// Value:   no script, no external reference; inline CSS and SVG. Every text that comes from the
///          data is escaped.
/// Cost:    a few kilobytes per column.
[[nodiscard]] std::string to_html(const Comparison& comparison, const ReportTitle& title);

}  // namespace temper::comparison
