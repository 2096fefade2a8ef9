// What the probe's child writes to its parent: lines, the last of which is the verdict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/model/runtime/probe.h"

namespace temper::runtime {

/// "stage loading\n"; a newline inside becomes a space.
[[nodiscard]] std::string stage_line(std::string_view stage);
/// "report {...}\n" or "error INVALID_ARGUMENT text\n".
[[nodiscard]] std::string verdict_line(const Result<ProbeReport>& verdict);

struct ProbeLines {
  /// The last stage begun; empty before the first.
  std::string stage;
  /// Empty while the child has not come to one. A malformed one is an error of kind kInternal.
  std::optional<Result<ProbeReport>> verdict;
};

/// Reads whatever came, whole or cut off anywhere. The child may be in a hostile model's hands:
/// nothing in `text` is trusted beyond being one verdict about that very model.
[[nodiscard]] ProbeLines read_probe_lines(std::string_view text);

}  // namespace temper::runtime
