// Statements of the registry: records in and out of the tables. Private to this folder; the caller
// holds the connection's lock, and a transaction where it writes.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "temper/model/registry/artifact_store.h"
#include "temper/model/registry/registry.h"
#include "temper/model/registry/sqlite/connection.h"

namespace temper::registry {

/// Number for the next version; also records it as used.
[[nodiscard]] Result<int> take_next_number(Connection& connection, std::string_view model);
[[nodiscard]] Status insert_version(Connection& connection, const VersionRecord& record);

/// All versions of `model`, or the one numbered `number`, ascending, with their aliases; empty
/// where there are none.
[[nodiscard]] Result<std::vector<VersionRecord>> select_versions(Connection& connection,
                                                                 const ArtifactStore& store,
                                                                 std::string_view model,
                                                                 std::optional<int> number);
[[nodiscard]] Result<std::vector<int>> select_numbers(Connection& connection,
                                                      std::string_view model);
[[nodiscard]] Result<std::map<std::string, int>> select_aliases(Connection& connection,
                                                                std::string_view model);
/// Models that have a version, by name.
[[nodiscard]] Result<std::vector<ModelSummary>> select_summaries(Connection& connection);
/// File names of every artifact and reference that a row names.
[[nodiscard]] Result<std::set<std::string>> select_files(Connection& connection);

[[nodiscard]] Status upsert_alias(Connection& connection, std::string_view model,
                                  std::string_view alias, int number);
[[nodiscard]] Status delete_alias(Connection& connection, std::string_view model,
                                  std::string_view alias);
[[nodiscard]] Status delete_version(Connection& connection, std::string_view model, int number);

[[nodiscard]] Status count_change(Connection& connection);

}  // namespace temper::registry
