// The comparison as people read it in a terminal.
#pragma once

#include <string>

#include "temper/watch/comparison/comparison.h"

namespace temper::comparison {

/// The verdict, then one line a column, those of highest score first.
[[nodiscard]] std::string to_text(const Comparison& comparison);

}  // namespace temper::comparison
