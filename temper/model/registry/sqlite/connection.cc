#include "temper/model/registry/sqlite/connection.h"

#include <sqlite3.h>

namespace temper::registry {
namespace {

std::unexpected<Error> sqlite_failure(sqlite3* database, int code) {
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const std::string where = file == nullptr ? "the registry" : fmt::format("registry '{}'", file);
  const std::string reason = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(ErrorCode::kUnavailable, "{} is held by another process: {}", where, reason);
    case SQLITE_FULL:
      return fail(ErrorCode::kResourceExhausted, "no room left for {}: {}", where, reason);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return fail(ErrorCode::kPermissionDenied, "{} cannot be opened or written: {}", where,
                  reason);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fail(ErrorCode::kInternal, "{} is damaged: {}; restore it from a copy", where, reason);
    default:
      return fail(ErrorCode::kInternal, "{}: {}", where, reason);
  }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int code) {
  if (code != SQLITE_OK && bind_code_ == 0) bind_code_ = code;
}

Statement& Statement::bind(int parameter, std::string_view value) {
  note(sqlite3_bind_text64(statement_.get(), parameter, value.data() == nullptr ? "" : value.data(),
                           value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  note(sqlite3_bind_null(statement_.get(), parameter));
  return *this;
}

Result<bool> Statement::step() {
  const int code = bind_code_ != 0 ? bind_code_ : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_failure(sqlite3_db_handle(statement_.get()), code);
}

Status Statement::run() {
  TEMPER_TRY([[maybe_unused]] const bool has_row, step());
  return {};
}

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(bytes), size};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Connection> Connection::open(const std::filesystem::path& file, Duration patience) {
  sqlite3* raw = nullptr;
  // The owner's lock makes the connection single-threaded, so SQLite's own mutex would be a second.
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &raw, kFlags, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK) return sqlite_failure(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  const auto patience_ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  sqlite3_busy_timeout(raw, static_cast<int>(patience_ms.count()));
  TEMPER_TRY_STATUS(
      connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                         "PRAGMA trusted_schema=OFF;"));
  return connection;
}

Status Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_failure(database_.get(), code);
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  if (code != SQLITE_OK) return sqlite_failure(database_.get(), code);
  return Statement(raw);
}

Result<std::int64_t> Connection::query_integer(std::string_view sql) {
  TEMPER_TRY(Statement statement, prepare(sql));
  TEMPER_TRY(const bool has_row, statement.step());
  if (!has_row)
    return fail(ErrorCode::kInternal, "the registry lacks the row asked for by: {}", sql);
  return statement.integer(0);
}

}  // namespace temper::registry
