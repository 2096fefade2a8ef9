// DuckDB's C functions, bound by name when the first file is opened.
#pragma once

#include <duckdb.h>

#include "temper/core/result.h"

namespace temper::data::duckdb {

#define TEMPER_DUCKDB_FUNCTIONS(apply)                                                             \
  apply(open_ext) apply(close) apply(connect) apply(disconnect) apply(create_config)               \
      apply(set_config) apply(destroy_config) apply(free) apply(query) apply(destroy_result)       \
          apply(result_error) apply(result_error_type) apply(prepare) apply(prepare_error)         \
              apply(destroy_prepare) apply(execute_prepared) apply(execute_prepared_streaming)     \
                  apply(column_count) apply(column_name) apply(column_logical_type)                \
                      apply(get_type_id) apply(logical_type_get_alias) apply(destroy_logical_type) \
                          apply(fetch_chunk) apply(rows_changed) apply(data_chunk_get_size)        \
                              apply(data_chunk_get_vector) apply(destroy_data_chunk)               \
                                  apply(vector_get_data) apply(vector_get_validity)                \
                                      apply(appender_create) apply(appender_end_row)               \
                                          apply(appender_destroy) apply(appender_error)            \
                                              apply(append_null) apply(append_bool)                \
                                                  apply(append_int64) apply(append_double)         \
                                                      apply(append_varchar_length)

/// `library.query(...)` is `duckdb_query(...)`.
struct Library {
#define TEMPER_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
  TEMPER_DUCKDB_FUNCTIONS(TEMPER_DUCKDB_MEMBER)
#undef TEMPER_DUCKDB_MEMBER
};

/// Opens libduckdb.so at the first call. Errors: kFailedPrecondition. Safe from any thread.
[[nodiscard]] Result<const Library*> library();

}  // namespace temper::data::duckdb
