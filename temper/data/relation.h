// How DuckDB is told to read a file: the table function with every option decided.
#pragma once

#include <string>

#include "temper/core/result.h"
#include "temper/data/duckdb/session.h"
#include "temper/data/source_file.h"

namespace temper::data {

/// "read_parquet('/proc/self/fd/5')". For CSV the columns' names come from the header and their
/// types from all rows; nothing else is guessed, so a row that does not fit the header is an error
/// when it is read. Errors: kInvalidArgument as `read_table`. Cost: one pass over a CSV or JSON
/// file.
[[nodiscard]] Result<std::string> relation_of(const SourceFile& source, duckdb::Session& session);

}  // namespace temper::data
