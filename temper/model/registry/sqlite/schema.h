// The registry's tables and the steps that bring an older file up to date.
#pragma once

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/registry/sqlite/connection.h"

namespace temper::registry {

/// Version of the tables that this program writes; older ones are migrated, newer ones refused.
inline constexpr int kSchemaVersion = 1;

/// Creates or migrates, in one transaction; the caller makes sure that one process at a time does.
/// Errors: kFailedPrecondition where a newer program wrote the file.
[[nodiscard]] Status migrate(Connection& connection, WallTime now);

}  // namespace temper::registry
