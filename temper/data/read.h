// Files in: what kind a file is, and its rows as a table or as a stream of tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/data/table.h"

namespace temper::data {

enum class FileKind : std::uint8_t { kCsv, kParquet, kJson };

/// "CSV", "Parquet", "JSON".
[[nodiscard]] std::string_view file_kind_name(FileKind kind);

struct ReadOptions {
  /// Columns to read, in this order; empty = all.
  std::vector<std::string> columns = {};
  /// Columns to sort by, ascending, missing values last; rows that tie keep the file's order.
  std::vector<std::string> order_by = {};
  /// An SQL condition over the file's columns ("month = 1 AND carrier <> 'UA'"); empty = all rows.
  std::string where = {};
  /// 0 = all rows.
  std::size_t max_rows = 0;
  /// What DuckDB may use while it reads, beside the table that comes out.
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  int threads = 2;
};

/// Reads a whole file.
///
/// The kind is recognised by content, never by suffix: Parquet by its magic bytes, JSON (an array
/// of objects, or one object a line) by its first character, CSV otherwise; CSV and JSON may be
/// gzipped. CSV: the first line names the columns; the separator is whichever of , ; tab | the
/// first line has most of; quotes are doubled; fields that are empty, NA, NULL or \N are missing; a
/// column has the narrowest type that holds every row of the file, so one stray word makes a column
/// of strings. Types: all integers become int64 (those beyond it double), decimals double, dates
/// and timestamps UTC nanoseconds, times, UUIDs and enums strings. Nested columns and blobs cannot
/// be read. A file with a header and no rows gives an empty table. Errors: kNotFound;
/// kInvalidArgument for an empty or unrecognisable file, a row with too few or too many fields
/// (naming the line), duplicate or unknown columns (naming those there are), a bad condition, a
/// nested column among those asked for; kResourceExhausted over `memory_bytes`; kFailedPrecondition
/// when libduckdb.so is not to be found. Safety: DuckDB sees this one file, no extension, no
/// network, and its settings are locked.
[[nodiscard]] Result<Table> read_table(const std::filesystem::path& path,
                                       const ReadOptions& options = {});

/// The same rows, some thousands at a time: the whole file is never held in memory unless
/// `order_by` asks for a sort.
class TableReader {
 public:
  static Result<TableReader> open(const std::filesystem::path& path,
                                  const ReadOptions& options = {});
  TableReader(TableReader&& other) noexcept;
  TableReader& operator=(TableReader&& other) noexcept;
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  ~TableReader();

  [[nodiscard]] FileKind kind() const;
  /// Names and types; no rows.
  [[nodiscard]] const Table& header() const;
  /// The next rows, at least `rows` and at most some thousands more unless the file ends; nothing
  /// at the end.
  [[nodiscard]] Result<std::optional<Table>> next(std::size_t rows = 16'384);

 private:
  struct State;
  explicit TableReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace temper::data
