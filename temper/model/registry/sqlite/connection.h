// One SQLite connection with errors as values. Not thread-safe: its owner holds a lock.
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

namespace temper::registry {

/// A prepared statement; parameters and columns count from 1 and 0 as in SQLite. Its connection
/// must outlive it.
class Statement {
 public:
  Statement& bind(int parameter, std::string_view value);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind_null(int parameter);

  /// True while there is a row. Errors as Connection's.
  [[nodiscard]] Result<bool> step();
  /// For statements that give no rows.
  [[nodiscard]] Status run();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
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

/// Errors: kUnavailable (another process held the database longer than the patience),
/// kResourceExhausted (disk full), kPermissionDenied (not writable), kInternal with SQLite's
/// reason.
class Connection {
 public:
  /// `patience` bounds how long a statement waits for another process's lock.
  static Result<Connection> open(const std::filesystem::path& file, Duration patience);

  /// One or more statements without parameters or results.
  [[nodiscard]] Status execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);

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
};

}  // namespace temper::registry
