// Registered versions as people read them.
#pragma once

#include <string>

#include "temper/model/registry/registry.h"

namespace temper::cli {

/// Several lines: what the version is, takes and gives, and what its registration measured.
[[nodiscard]] std::string version_text(const registry::VersionRecord& record);

/// "2026-11-24 08:57:57 UTC".
[[nodiscard]] std::string utc_text(WallTime time);

/// "12.3 MiB", three significant digits.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// "12.6 us", three significant digits, in the unit that keeps the number below 1000.
[[nodiscard]] std::string time_text(Duration duration);

}  // namespace temper::cli
