// One SQLite connection with errors as values. Not thread-safe: its owner holds a lock.
//
// What this room needs of SQLite: blobs, statements that are prepared once and run often, and a
// commit whose fsync can be left out where only the process may die.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace temper::record {

/// A prepared statement; parameters count from 1, columns from 0. Its connection must outlive it.
class Statement {
 public:
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  /// The bytes are not copied: they must live until the statement has run.
  Statement& bind_text(int parameter, std::string_view value);
  Statement& bind_blob(int parameter, std::string_view value);
  Statement& bind_null(int parameter);

  /// True while there is a row. Errors as Connection's.
  [[nodiscard]] Result<bool> step();
  /// For statements that give no rows: runs once and makes the statement ready to be bound again.
  [[nodiscard]] Status run();
  /// Ready to be bound and run again.
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  /// Text or blob; valid until the next `step`, `run` or `reset`.
  [[nodiscard]] std::string_view view(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  // The first failed bind; `step` reports it.
  int bind_code_ = 0;
};

enum class Access {
  /// Makes the file where there is none.
  kReadWrite,
  /// Another process may own the file; this one changes nothing in it.
  kReadOnly,
};

/// Errors: kUnavailable (another process held the database longer than the patience),
/// kResourceExhausted (the disk or the page limit is full), kNotFound (read only, and no such
/// file), kPermissionDenied (not writable), kInternal with SQLite's reason.
class Connection {
 public:
  /// WAL mode; `patience` bounds how long a statement waits for another connection's lock.
  static Result<Connection> open(const std::filesystem::path& file, Access access,
                                 Duration patience);

  /// One or more statements without parameters or results.
  [[nodiscard]] Status execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);
  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;
  /// Whether commits from now on wait for the disk. Without, they survive a kill of the process but
  /// not a power cut.
  [[nodiscard]] Status set_synced(bool synced);

  /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back where it fails.
  template <typename Body>
  [[nodiscard]] Status write(const Body& body) {
    TEMPER_TRY_STATUS(execute("BEGIN IMMEDIATE"));
    Status done = body();
    if (done) done = execute("COMMIT");
    if (!done) {
      // Fails only where SQLite has rolled back by itself, as it does when the disk is full.
      [[maybe_unused]] const Status undone = execute("ROLLBACK");
    }
    return done;
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Connection(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
  bool synced_ = true;
};

}  // namespace temper::record
