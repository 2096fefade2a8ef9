#include "temper/model/registry/rows.h"

#include "temper/model/registry/json.h"

namespace temper::registry {
namespace {

// In the order of `read_version`.
constexpr std::string_view kVersionColumns =
    "model, number, artifact_sha256, artifact_bytes, probe, metadata, feature_map, task, "
    "label_output, probability_output, positive_class, reference_sha256, reference_name, "
    "label_column, created_at_ns, notes, parent_version";

Result<VersionRecord> read_version(const Statement& row, const ArtifactStore& store) {
  VersionRecord record;
  record.model = row.text(0);
  record.version = static_cast<int>(row.integer(1));
  record.artifact_sha256 = row.text(2);
  record.artifact = store.path_of(record.artifact_sha256, ArtifactStore::kModelSuffix);
  record.artifact_bytes = static_cast<std::uint64_t>(row.integer(3));
  Result<runtime::ProbeReport> probe = runtime::parse_probe_report(row.text(4));
  if (!probe) {
    return with_context(std::move(probe).error(),
                        fmt::format("probe of '{}' version {}", record.model, record.version));
  }
  record.probe = std::move(*probe);
  TEMPER_TRY(record.metadata, metadata_from_json(row.text(5)));
  record.feature_map = row.text(6);
  record.roles = {.task = row.text(7),
                  .label_output = row.text(8),
                  .probability_output = row.text(9),
                  .positive_class = row.text(10)};
  if (!row.is_null(11)) {
    record.reference =
        ReferenceData{.sha256 = row.text(11),
                      .file = store.path_of(row.text(11), ArtifactStore::kReferenceSuffix),
                      .original_name = row.text(12),
                      .label_column = row.text(13)};
  }
  record.created_at = WallTime(Duration(row.integer(14)));
  record.notes = row.text(15);
  record.parent_version = static_cast<int>(row.integer(16));
  return record;
}

}  // namespace

Result<int> take_next_number(Connection& connection, std::string_view model) {
  TEMPER_TRY(Statement statement,
             connection.prepare("INSERT INTO model VALUES (?, 1) ON CONFLICT (name) DO UPDATE "
                                "SET last_version = last_version + 1 RETURNING last_version"));
  statement.bind(1, model);
  TEMPER_TRY(const bool has_row, statement.step());
  if (!has_row) return fail(ErrorCode::kInternal, "no version number for '{}'", model);
  const auto number = static_cast<int>(statement.integer(0));
  TEMPER_TRY_STATUS(statement.run());
  return number;
}

Status insert_version(Connection& connection, const VersionRecord& record) {
  TEMPER_TRY(
      Statement statement,
      connection.prepare(fmt::format(
          "INSERT INTO version ({}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kVersionColumns)));
  statement.bind(1, record.model)
      .bind(2, record.version)
      .bind(3, record.artifact_sha256)
      .bind(4, static_cast<std::int64_t>(record.artifact_bytes))
      .bind(5, runtime::to_json(record.probe))
      .bind(6, metadata_to_json(record.metadata))
      .bind(7, record.feature_map)
      .bind(8, record.roles.task)
      .bind(9, record.roles.label_output)
      .bind(10, record.roles.probability_output)
      .bind(11, record.roles.positive_class)
      .bind_null(12)
      .bind(13, "")
      .bind(14, "")
      .bind(15, record.created_at.time_since_epoch().count())
      .bind(16, record.notes)
      .bind(17, record.parent_version);
  if (record.reference) {
    statement.bind(12, record.reference->sha256)
        .bind(13, record.reference->original_name)
        .bind(14, record.reference->label_column);
  }
  return statement.run();
}

Result<std::vector<VersionRecord>> select_versions(Connection& connection,
                                                   const ArtifactStore& store,
                                                   std::string_view model,
                                                   std::optional<int> number) {
  TEMPER_TRY(Statement statement,
             connection.prepare(fmt::format("SELECT {} FROM version WHERE model = ?1 AND (?2 IS "
                                            "NULL OR number = ?2) ORDER BY number",
                                            kVersionColumns)));
  statement.bind(1, model);
  number ? statement.bind(2, *number) : statement.bind_null(2);
  std::vector<VersionRecord> records;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) break;
    TEMPER_TRY(VersionRecord record, read_version(statement, store));
    records.push_back(std::move(record));
  }
  TEMPER_TRY(const auto aliases, select_aliases(connection, model));
  for (const auto& [alias, named] : aliases) {
    for (VersionRecord& record : records) {
      if (record.version == named) record.aliases.push_back(alias);
    }
  }
  return records;
}

Result<std::vector<int>> select_numbers(Connection& connection, std::string_view model) {
  TEMPER_TRY(Statement statement,
             connection.prepare("SELECT number FROM version WHERE model = ? ORDER BY number"));
  statement.bind(1, model);
  std::vector<int> numbers;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return numbers;
    numbers.push_back(static_cast<int>(statement.integer(0)));
  }
}

Result<std::map<std::string, int>> select_aliases(Connection& connection, std::string_view model) {
  TEMPER_TRY(Statement statement,
             connection.prepare("SELECT name, number FROM alias WHERE model = ?"));
  statement.bind(1, model);
  std::map<std::string, int> aliases;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return aliases;
    aliases.emplace(statement.text(0), static_cast<int>(statement.integer(1)));
  }
}

Result<std::vector<ModelSummary>> select_summaries(Connection& connection) {
  TEMPER_TRY(Statement statement,
             connection.prepare("SELECT model, number, (SELECT group_concat(name) FROM alias WHERE "
                                "alias.model = version.model AND alias.number = version.number) "
                                "FROM version ORDER BY model, number"));
  std::vector<ModelSummary> summaries;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return summaries;
    const std::string model = statement.text(0);
    const auto number = static_cast<int>(statement.integer(1));
    if (summaries.empty() || summaries.back().name != model) {
      summaries.push_back({.name = model, .versions = {}, .aliases = {}});
    }
    summaries.back().versions.push_back(number);
    // An alias has no comma.
    const std::string names = statement.text(2);
    for (std::size_t at = 0; at < names.size();) {
      const std::size_t end = std::min(names.find(',', at), names.size());
      summaries.back().aliases.emplace(names.substr(at, end - at), number);
      at = end + 1;
    }
  }
}

Result<std::set<std::string>> select_files(Connection& connection) {
  TEMPER_TRY(Statement statement,
             connection.prepare("SELECT artifact_sha256, reference_sha256 FROM version"));
  std::set<std::string> files;
  for (;;) {
    TEMPER_TRY(const bool has_row, statement.step());
    if (!has_row) return files;
    files.insert(statement.text(0) + std::string(ArtifactStore::kModelSuffix));
    if (!statement.is_null(1)) {
      files.insert(statement.text(1) + std::string(ArtifactStore::kReferenceSuffix));
    }
  }
}

Status upsert_alias(Connection& connection, std::string_view model, std::string_view alias,
                    int number) {
  TEMPER_TRY(Statement statement,
             connection.prepare("INSERT INTO alias VALUES (?, ?, ?) ON CONFLICT (model, name) DO "
                                "UPDATE SET number = excluded.number"));
  return statement.bind(1, model).bind(2, alias).bind(3, number).run();
}

Status delete_alias(Connection& connection, std::string_view model, std::string_view alias) {
  TEMPER_TRY(Statement statement,
             connection.prepare("DELETE FROM alias WHERE model = ? AND name = ?"));
  return statement.bind(1, model).bind(2, alias).run();
}

Status delete_version(Connection& connection, std::string_view model, int number) {
  TEMPER_TRY(Statement statement,
             connection.prepare("DELETE FROM version WHERE model = ? AND number = ?"));
  return statement.bind(1, model).bind(2, number).run();
}

Status count_change(Connection& connection) {
  return connection.execute("UPDATE change SET counter = counter + 1");
}

}  // namespace temper::registry
