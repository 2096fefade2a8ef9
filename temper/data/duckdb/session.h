// A database in memory that can reach the named files and nothing else.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/duckdb/library.h"

namespace temper::data::duckdb {

struct SessionConfig {
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  int threads = 2;
  /// The only files it may open, for reading or writing; digits and slashes only, by their maker.
  std::vector<std::string> reachable_paths = {};
};

struct ResultColumn {
  std::string name;
  duckdb_type type = DUCKDB_TYPE_INVALID;
  /// The name of a type built on another, such as "JSON"; else empty.
  std::string type_alias;
};

/// An error of DuckDB's in our words: its kind, and its message on one line without advice.
/// `type` may be DUCKDB_ERROR_INVALID where DuckDB does not give it: then the message tells.
[[nodiscard]] Error translate_error(duckdb_error_type type, std::string_view message);

/// What a statement answers, chunk by chunk. Must not outlive its Session.
class ResultSet {
 public:
  ResultSet(const Library& library, duckdb_result result) : library_(&library), result_(result) {}
  ResultSet(ResultSet&& other) noexcept;
  ResultSet& operator=(ResultSet&&) = delete;
  ResultSet(const ResultSet&) = delete;
  ResultSet& operator=(const ResultSet&) = delete;
  ~ResultSet();

  [[nodiscard]] std::vector<ResultColumn> columns();
  /// Rows that an INSERT or COPY wrote.
  [[nodiscard]] std::uint64_t rows_changed();

  struct ChunkCloser {
    const Library* library;
    void operator()(_duckdb_data_chunk* chunk) const;
  };
  using Chunk = std::unique_ptr<_duckdb_data_chunk, ChunkCloser>;
  /// The next chunk; null at the end.
  [[nodiscard]] Result<Chunk> next();
  /// The first row of an answer whose columns are all VARCHAR; empty when there is none.
  [[nodiscard]] Result<std::vector<std::string>> first_row_texts();

 private:
  const Library* library_;
  duckdb_result result_;
  bool at_end_ = false;
};

/// No extension is installed or loaded, nothing spills to disk, and the settings are locked before
/// the first statement of a caller.
class Session {
 public:
  /// Errors: kFailedPrecondition (no library), kInvalidArgument (a limit DuckDB refuses).
  static Result<Session> open(const SessionConfig& config);
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Runs one statement; `streaming` computes chunks only as they are fetched.
  [[nodiscard]] Result<ResultSet> run(const std::string& sql, bool streaming = false);

  [[nodiscard]] const Library& library() const { return *library_; }
  [[nodiscard]] duckdb_connection connection() const { return connection_; }

 private:
  explicit Session(const Library* library) : library_(library) {}
  const Library* library_;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

/// Element `row` of a VARCHAR vector's data; valid as long as its chunk.
[[nodiscard]] std::string_view string_at(const void* data, std::size_t row);

/// `name` in double quotes, as SQL writes identifiers.
[[nodiscard]] std::string quote_identifier(std::string_view name);

}  // namespace temper::data::duckdb
