#include "temper/record/sqlite/connection.h"

#include <sqlite3.h>

namespace temper::record {
namespace {

std::unexpected<Error> sqlite_failure(sqlite3* database, int code) {
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const std::string where = file == nullptr ? "the database" : fmt::format("database '{}'", file);
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
    case SQLITE_IOERR:
      // SQLite turns only ENOSPC into SQLITE_FULL; a quota or a file-size limit ends here.
      if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE ||
          code == SQLITE_IOERR_TRUNCATE) {
        return fail(ErrorCode::kResourceExhausted, "{} cannot grow: {}", where, reason);
      }
      return fail(ErrorCode::kInternal, "{}: {}", where, reason);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fail(ErrorCode::kInternal, "{} is damaged: {}; restore it from a copy", where, reason);
    default:
      return fail(ErrorCode::kInternal, "{}: {}", where, reason);
  }
}

const char* not_null(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int code) {
  if (code != SQLITE_OK && bind_code_ == 0) bind_code_ = code;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  note(sqlite3_bind_double(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind_text(int parameter, std::string_view value) {
  note(sqlite3_bind_text64(statement_.get(), parameter, not_null(value), value.size(),
                           SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view value) {
  note(sqlite3_bind_blob64(statement_.get(), parameter, not_null(value), value.size(),
                           SQLITE_STATIC));
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
  const Result<bool> stepped = step();
  reset();
  if (!stepped) return std::unexpected(stepped.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bind_code_ = 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::view(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const char*>(bytes), size};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Connection> Connection::open(const std::filesystem::path& file, Access access,
                                    Duration patience) {
  std::error_code ignored;
  if (access == Access::kReadOnly && !std::filesystem::exists(file, ignored)) {
    return fail(ErrorCode::kNotFound, "there is no database '{}'", file.string());
  }
  sqlite3* raw = nullptr;
  // The owner's lock makes the connection single-threaded, so SQLite's own mutex would be a second.
  // A reader opens for writing too: the WAL's index is shared memory that readers mark.
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (access == Access::kReadWrite) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Connection connection(raw);
  if (code != SQLITE_OK) return sqlite_failure(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  const auto patience_ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  sqlite3_busy_timeout(raw, static_cast<int>(patience_ms.count()));
  if (access == Access::kReadOnly) {
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    TEMPER_TRY_STATUS(connection.execute("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;"));
    return connection;
  }
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
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return sqlite_failure(database_.get(), code);
  return Statement(raw);
}

Result<std::int64_t> Connection::query_integer(std::string_view sql) {
  TEMPER_TRY(Statement statement, prepare(sql));
  TEMPER_TRY(const bool has_row, statement.step());
  if (!has_row) {
    return fail(ErrorCode::kInternal, "the database lacks the row asked for by: {}", sql);
  }
  return statement.integer(0);
}

std::int64_t Connection::changes() const { return sqlite3_changes64(database_.get()); }

Status Connection::set_synced(bool synced) {
  if (synced == synced_) return {};
  TEMPER_TRY_STATUS(execute(synced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  synced_ = synced;
  return {};
}

}  // namespace temper::record
