#include "temper/model/registry/sqlite/schema.h"

#include <array>

namespace temper::registry {
namespace {

// Entry k brings version k to k + 1. Never edit one that was released: add another.
constexpr std::array<const char*, kSchemaVersion> kMigrations = {R"sql(
CREATE TABLE schema_migration (
  version INTEGER PRIMARY KEY,
  applied_at_ns INTEGER NOT NULL
) STRICT;

-- One row, so that a reader notices any committed change by one number.
CREATE TABLE change (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  counter INTEGER NOT NULL
) STRICT;
INSERT INTO change VALUES (1, 0);

-- A model's row stays when its versions go, so that no number is used twice.
CREATE TABLE model (
  name TEXT PRIMARY KEY,
  last_version INTEGER NOT NULL CHECK (last_version >= 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
  model TEXT NOT NULL REFERENCES model(name),
  number INTEGER NOT NULL CHECK (number >= 1),
  artifact_sha256 TEXT NOT NULL CHECK (length(artifact_sha256) = 64),
  artifact_bytes INTEGER NOT NULL,
  probe TEXT NOT NULL,
  metadata TEXT NOT NULL,
  feature_map TEXT NOT NULL,
  task TEXT NOT NULL,
  label_output TEXT NOT NULL,
  probability_output TEXT NOT NULL,
  positive_class TEXT NOT NULL,
  reference_sha256 TEXT,
  reference_name TEXT NOT NULL,
  label_column TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  notes TEXT NOT NULL,
  parent_version INTEGER NOT NULL,
  PRIMARY KEY (model, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (
  model TEXT NOT NULL,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (model, name),
  FOREIGN KEY (model, number) REFERENCES version(model, number)
) STRICT, WITHOUT ROWID;
)sql"};

}  // namespace

Status migrate(Connection& connection, WallTime now) {
  TEMPER_TRY(const std::int64_t found, connection.query_integer("PRAGMA user_version"));
  if (found == kSchemaVersion) return {};
  if (found > kSchemaVersion) {
    return fail(ErrorCode::kFailedPrecondition,
                "the registry was written by a newer Temper (schema {}, this program knows {})",
                found, kSchemaVersion);
  }
  return connection.write([&]() -> Status {
    for (auto version = static_cast<std::size_t>(found); version < kMigrations.size(); ++version) {
      TEMPER_TRY_STATUS(connection.execute(kMigrations[version]));
      TEMPER_TRY(Statement record,
                 connection.prepare("INSERT INTO schema_migration VALUES (?, ?)"));
      record.bind(1, static_cast<std::int64_t>(version + 1));
      record.bind(2, now.time_since_epoch().count());
      TEMPER_TRY_STATUS(record.run());
    }
    return connection.execute(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str());
  });
}

}  // namespace temper::registry
