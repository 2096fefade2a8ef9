#include "temper/data/write.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <utility>

#include "temper/core/file.h"
#include "temper/data/duckdb/session.h"
#include "temper/data/relation.h"
#include "temper/data/source_file.h"

namespace temper::data {
namespace {

using duckdb::quote_identifier;

/// A file beside the target that becomes the target once it is whole, and vanishes if it never is.
class TargetFile {
 public:
  static Result<TargetFile> create(const std::filesystem::path& target) {
    std::string name = target.string() + ".XXXXXX";
    const int descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) {
      return fail(ErrorCode::kInternal, "{}: {}", target.string(), std::strerror(errno));
    }
    return TargetFile(descriptor, std::move(name), target);
  }
  TargetFile(TargetFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        name_(std::move(other.name_)),
        target_(std::move(other.target_)) {}
  TargetFile& operator=(TargetFile&&) = delete;
  TargetFile(const TargetFile&) = delete;
  TargetFile& operator=(const TargetFile&) = delete;
  ~TargetFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(name_.c_str());
  }

  [[nodiscard]] std::string engine_path() const {
    return fmt::format("/proc/self/fd/{}", descriptor_);
  }

  [[nodiscard]] Status publish() {
    if (fchmod(descriptor_, 0644) != 0 || fsync(descriptor_) != 0 ||
        ::rename(name_.c_str(), target_.c_str()) != 0) {
      return fail(ErrorCode::kInternal, "{}: {}", target_.string(), std::strerror(errno));
    }
    ::close(std::exchange(descriptor_, -1));
    const auto folder = target_.parent_path();
    return sync_folder(folder.empty() ? "." : folder);
  }

 private:
  TargetFile(int descriptor, std::string name, std::filesystem::path target)
      : descriptor_(descriptor), name_(std::move(name)), target_(std::move(target)) {}
  int descriptor_;
  std::string name_;
  std::filesystem::path target_;
};

std::string copy_statement(std::string_view select, const TargetFile& target) {
  // DuckDB would otherwise write beside a file that exists, and rename over the descriptor's link.
  return fmt::format("COPY ({}) TO '{}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
                     select, target.engine_path());
}

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "BOOLEAN";
    case ColumnType::kInt64:
    case ColumnType::kTimestamp:  // turned into TIMESTAMP_NS by the SELECT that writes the file
      return "BIGINT";
    case ColumnType::kDouble:
      return "DOUBLE";
    case ColumnType::kString:
      return "VARCHAR";
  }
  return "VARCHAR";
}

Status check_table(const Table& table) {
  if (table.columns.empty()) return fail(ErrorCode::kInvalidArgument, "the table has no columns");
  std::set<std::string_view> names;
  for (const Column& column : table.columns) {
    if (column.size() != table.rows()) {
      return fail(ErrorCode::kInvalidArgument, "column '{}' has {} rows, column '{}' has {}",
                  column.name, column.size(), table.columns[0].name, table.rows());
    }
    if (!names.insert(column.name).second) {
      return fail(ErrorCode::kInvalidArgument, "two columns are called '{}'", column.name);
    }
  }
  return {};
}

duckdb_state append_value(const duckdb::Library& library, duckdb_appender appender,
                          const Column& column, std::size_t row) {
  if (column.present[row] == 0) return library.append_null(appender);
  switch (column.type) {
    case ColumnType::kBool:
      return library.append_bool(appender, column.bools()[row] != 0);
    case ColumnType::kInt64:
    case ColumnType::kTimestamp:
      return library.append_int64(appender, column.integers()[row]);
    case ColumnType::kDouble:
      return library.append_double(appender, column.numbers()[row]);
    case ColumnType::kString:
      return library.append_varchar_length(appender, column.strings()[row].data(),
                                           column.strings()[row].size());
  }
  return DuckDBError;
}

Status fill_table(duckdb::Session& session, const Table& table) {
  const duckdb::Library& library = session.library();
  std::string definitions;
  for (const Column& column : table.columns) {
    definitions += fmt::format("{}{} {}", definitions.empty() ? "" : ", ",
                               quote_identifier(column.name), sql_type(column.type));
  }
  TEMPER_TRY_STATUS(session.run(fmt::format("CREATE TABLE rows ({})", definitions)));
  duckdb_appender appender = nullptr;
  duckdb_state state = library.appender_create(session.connection(), nullptr, "rows", &appender);
  for (std::size_t row = 0; row < table.rows() && state == DuckDBSuccess; ++row) {
    for (const Column& column : table.columns) {
      if (state == DuckDBSuccess) state = append_value(library, appender, column, row);
    }
    if (state == DuckDBSuccess) state = library.appender_end_row(appender);
  }
  std::string reason;
  if (state != DuckDBSuccess) {
    const char* message = library.appender_error(appender);
    reason = message != nullptr ? message : "no reason given";
  }
  if (library.appender_destroy(&appender) != DuckDBSuccess && reason.empty()) {
    reason = "the last rows were refused";
  }
  if (!reason.empty()) return fail(ErrorCode::kInvalidArgument, "{}", reason);
  return {};
}

}  // namespace

Status write_parquet(const Table& table, const std::filesystem::path& path) {
  TEMPER_TRY_STATUS(check_table(table));
  TEMPER_TRY(TargetFile target, TargetFile::create(path));
  TEMPER_TRY(duckdb::Session session,
             duckdb::Session::open({.reachable_paths = {target.engine_path()}}));
  TEMPER_TRY_STATUS(fill_table(session, table));
  std::string expressions;
  for (const Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    expressions += expressions.empty() ? "" : ", ";
    expressions += column.type == ColumnType::kTimestamp
                       ? fmt::format("make_timestamp_ns({}) AS {}", name, name)
                       : name;
  }
  TEMPER_TRY_STATUS(
      session.run(copy_statement(fmt::format("SELECT {} FROM rows", expressions), target)));
  return target.publish();
}

Result<QueryReport> query_to_parquet(const std::filesystem::path& source_path, std::string_view sql,
                                     const std::filesystem::path& target_path,
                                     const ReadOptions& limits) {
  TEMPER_TRY(SourceFile source, SourceFile::open(source_path));
  TEMPER_TRY(TargetFile target, TargetFile::create(target_path));
  const auto explained = [&source](Error error) {
    return std::unexpected(source.explain(std::move(error)));
  };
  auto session =
      duckdb::Session::open({.memory_bytes = limits.memory_bytes,
                             .threads = limits.threads,
                             .reachable_paths = {source.engine_path(), target.engine_path()}});
  if (!session) return explained(std::move(session).error());
  QueryReport report;
  auto relation = relation_of(source, *session);
  if (!relation) return explained(std::move(relation).error());
  auto view = session->run(fmt::format("CREATE VIEW data AS SELECT * FROM {}", *relation));
  if (!view) return explained(std::move(view).error());
  auto counted = session->run("SELECT count(*)::VARCHAR FROM data");
  if (!counted) return explained(std::move(counted).error());
  TEMPER_TRY(const auto count, counted->first_row_texts());
  for (const std::string& digits : count) {
    std::from_chars(digits.data(), digits.data() + digits.size(), report.rows_in);
  }
  auto copied = session->run(copy_statement(sql, target));
  if (!copied) return explained(std::move(copied).error());
  report.rows_out = copied->rows_changed();
  TEMPER_TRY_STATUS(target.publish());
  return report;
}

}  // namespace temper::data
