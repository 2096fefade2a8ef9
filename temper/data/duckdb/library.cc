#include "temper/data/duckdb/library.h"

#include "temper/core/shared_library.h"

namespace temper::data::duckdb {
namespace {

Result<Library> open() {
  TEMPER_TRY(const auto shared,
             SharedLibrary::open({.file = "libduckdb.so", .deps_folder = "duckdb/lib"}));
  Library bound;
#define TEMPER_DUCKDB_BIND(name) TEMPER_TRY_STATUS(shared.bind(bound.name, "duckdb_" #name));
  TEMPER_DUCKDB_FUNCTIONS(TEMPER_DUCKDB_BIND)
#undef TEMPER_DUCKDB_BIND
  return bound;
}

}  // namespace

Result<const Library*> library() {
  static const Result<Library> opened = open();
  if (!opened) return std::unexpected(opened.error());
  return &*opened;
}

}  // namespace temper::data::duckdb
