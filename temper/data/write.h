// Files out: a table, or the answer to an SQL question about a file, as Parquet.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "temper/core/result.h"
#include "temper/data/read.h"
#include "temper/data/table.h"

namespace temper::data {

/// Writes `table` as Parquet (zstd), replacing `path` as one step. Timestamps are written as
/// nanoseconds without a zone. Errors: kInvalidArgument (no columns, unequal lengths, duplicate
/// names), kInternal when the file cannot be written.
[[nodiscard]] Status write_parquet(const Table& table, const std::filesystem::path& path);

struct QueryReport {
  std::size_t rows_in = 0;
  std::size_t rows_out = 0;
};

/// Runs `sql`, one SELECT over the table `data` (the rows of `source`), and writes its rows as
/// Parquet to `target`, replacing it as one step. Errors: as `read_table`, and kInvalidArgument for
/// SQL that does not run. Safety: as `read_table`; the SQL can reach nothing but `source`.
[[nodiscard]] Result<QueryReport> query_to_parquet(const std::filesystem::path& source,
                                                   std::string_view sql,
                                                   const std::filesystem::path& target,
                                                   const ReadOptions& limits = {});

}  // namespace temper::data
