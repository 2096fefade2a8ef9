#include "temper/data/read.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "temper/data/duckdb/session.h"
#include "temper/data/relation.h"
#include "temper/data/source_file.h"

namespace temper::data {
namespace {

using duckdb::quote_identifier;
using duckdb::ResultColumn;

/// How a column of the file becomes a column of ours.
struct Projection {
  ColumnType type;
  /// Wraps the quoted name: {} stands for it.
  std::string_view expression;
};

std::optional<Projection> projection_of(const ResultColumn& column) {
  switch (column.type) {
    case DUCKDB_TYPE_BOOLEAN:
      return Projection{ColumnType::kBool, "{}"};
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
      return Projection{ColumnType::kInt64, "CAST({} AS BIGINT)"};
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_BIGNUM:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
      return Projection{ColumnType::kDouble, "CAST({} AS DOUBLE)"};
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Projection{ColumnType::kTimestamp, "epoch_ns({})"};
    case DUCKDB_TYPE_VARCHAR:
      // A JSON column holds values of several types: its text is the value's, without quotes.
      if (column.type_alias == "JSON") return Projection{ColumnType::kString, "{} ->> '$'"};
      return Projection{ColumnType::kString, "{}"};
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_INTERVAL:
    case DUCKDB_TYPE_SQLNULL:
      return Projection{ColumnType::kString, "CAST({} AS VARCHAR)"};
    default:
      return std::nullopt;
  }
}

Column empty_column(std::string name, ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return Column::of_bools(std::move(name), {});
    case ColumnType::kInt64:
      return Column::of_integers(std::move(name), {});
    case ColumnType::kDouble:
      return Column::of_numbers(std::move(name), {});
    case ColumnType::kString:
      return Column::of_strings(std::move(name), {});
    case ColumnType::kTimestamp:
      return Column::of_timestamps(std::move(name), {});
  }
  return {};
}

struct Selection {
  Table header;
  /// "CAST("a" AS BIGINT), "b"".
  std::string expressions;
};

/// The columns asked for, found among those of the file.
Result<Selection> select_columns(const std::vector<ResultColumn>& available,
                                 const std::vector<std::string>& wanted) {
  Table all;
  for (const auto& column : available) all.columns.push_back(empty_column(column.name, {}));
  std::vector<std::string> names = wanted;
  if (names.empty()) {
    for (const auto& column : available) names.push_back(column.name);
  }
  Selection selection;
  for (const std::string& name : names) {
    if (selection.header.column_index(name)) {
      return fail(ErrorCode::kInvalidArgument, "column '{}' is asked for twice", name);
    }
    const auto index = all.column_index(name);
    if (!index) {
      return fail(ErrorCode::kInvalidArgument, "there is no column '{}'; {}", name,
                  column_list(all));
    }
    const auto projection = projection_of(available[*index]);
    if (!projection) {
      return fail(ErrorCode::kInvalidArgument,
                  "column '{}' is nested or binary, which a table cannot hold; name the columns "
                  "to read without it",
                  name);
    }
    selection.header.columns.push_back(empty_column(name, projection->type));
    if (!selection.expressions.empty()) selection.expressions += ", ";
    selection.expressions +=
        fmt::format(fmt::runtime(projection->expression), quote_identifier(name));
  }
  return selection;
}

Result<std::string> select_statement(const std::vector<ResultColumn>& available,
                                     const Selection& selection, const std::string& relation,
                                     const ReadOptions& options) {
  const std::string filter = options.where.empty() ? "" : fmt::format(" WHERE ({})", options.where);
  std::string statement;
  if (options.order_by.empty()) {
    statement = fmt::format("SELECT {} FROM {}{}", selection.expressions, relation, filter);
  } else {
    Table all;
    for (const auto& column : available) all.columns.push_back(empty_column(column.name, {}));
    std::string keys;
    for (const std::string& name : options.order_by) {
      TEMPER_TRY_STATUS(all.column(name));
      keys += quote_identifier(name) + " ASC NULLS LAST, ";
    }
    // The sort is not stable by itself: the row's place in the file breaks ties.
    statement = fmt::format(
        "SELECT {} FROM (SELECT *, row_number() OVER () AS \"temper.row\" FROM {}{}) "
        "ORDER BY {}\"temper.row\"",
        selection.expressions, relation, filter, keys);
  }
  if (options.max_rows > 0) statement += fmt::format(" LIMIT {}", options.max_rows);
  return statement;
}

/// Appends a vector's rows; a missing value is stored as its type's zero.
void append(Column& column, const void* data, const std::uint64_t* validity, std::size_t rows) {
  const auto is_valid = [validity](std::size_t row) {
    return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
  };
  for (std::size_t row = 0; row < rows; ++row) {
    column.present.push_back(is_valid(row) ? 1 : 0);
  }
  const auto fill = [&](auto& values, const auto& missing, const auto& at) {
    for (std::size_t row = 0; row < rows; ++row) {
      values.push_back(is_valid(row) ? at(row) : missing);
    }
  };
  switch (column.type) {
    case ColumnType::kBool:
      fill(std::get<std::vector<std::uint8_t>>(column.values), std::uint8_t{0},
           [data](std::size_t row) {
             return static_cast<std::uint8_t>(static_cast<const bool*>(data)[row] ? 1 : 0);
           });
      break;
    case ColumnType::kInt64:
    case ColumnType::kTimestamp:
      fill(std::get<std::vector<std::int64_t>>(column.values), std::int64_t{0},
           [data](std::size_t row) { return static_cast<const std::int64_t*>(data)[row]; });
      break;
    case ColumnType::kDouble:
      fill(std::get<std::vector<double>>(column.values), std::numeric_limits<double>::quiet_NaN(),
           [data](std::size_t row) { return static_cast<const double*>(data)[row]; });
      break;
    case ColumnType::kString:
      fill(std::get<std::vector<std::string>>(column.values), std::string(),
           [data](std::size_t row) { return std::string(duckdb::string_at(data, row)); });
      break;
  }
}

}  // namespace

struct TableReader::State {
  SourceFile source;
  duckdb::Session session;
  Table header;
  std::optional<duckdb::ResultSet> rows;
};

TableReader::TableReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableReader::TableReader(TableReader&& other) noexcept = default;
TableReader& TableReader::operator=(TableReader&& other) noexcept = default;
TableReader::~TableReader() = default;

Result<TableReader> TableReader::open(const std::filesystem::path& path,
                                      const ReadOptions& options) {
  TEMPER_TRY(SourceFile source, SourceFile::open(path));
  const auto explained = [&source](Error error) {
    return std::unexpected(source.explain(std::move(error)));
  };
  auto session = duckdb::Session::open({.memory_bytes = options.memory_bytes,
                                        .threads = options.threads,
                                        .reachable_paths = {source.engine_path()}});
  if (!session) return explained(std::move(session).error());
  auto relation = relation_of(source, *session);
  if (!relation) return explained(std::move(relation).error());
  auto probe = session->run(fmt::format("SELECT * FROM {} LIMIT 0", *relation));
  if (!probe) return explained(std::move(probe).error());
  const std::vector<ResultColumn> available = probe->columns();
  auto selection = select_columns(available, options.columns);
  if (!selection) return explained(std::move(selection).error());
  auto statement = select_statement(available, *selection, *relation, options);
  if (!statement) return explained(std::move(statement).error());
  auto rows = session->run(*statement, true);
  if (!rows) return explained(std::move(rows).error());
  auto state = std::make_unique<State>(State{.source = std::move(source),
                                             .session = std::move(*session),
                                             .header = std::move(selection->header),
                                             .rows = std::nullopt});
  state->rows.emplace(std::move(*rows));
  return TableReader(std::move(state));
}

FileKind TableReader::kind() const { return state_->source.kind(); }
const Table& TableReader::header() const { return state_->header; }

Result<std::optional<Table>> TableReader::next(std::size_t rows) {
  const duckdb::Library& library = state_->session.library();
  Table batch = state_->header;
  while (batch.rows() < rows) {
    auto chunk = state_->rows->next();
    if (!chunk) return std::unexpected(state_->source.explain(std::move(chunk).error()));
    if (!*chunk) break;
    const std::size_t count = library.data_chunk_get_size(chunk->get());
    for (std::size_t index = 0; index < batch.columns.size(); ++index) {
      const duckdb_vector vector = library.data_chunk_get_vector(chunk->get(), index);
      append(batch.columns[index], library.vector_get_data(vector),
             library.vector_get_validity(vector), count);
    }
  }
  if (batch.rows() == 0) return std::nullopt;
  return batch;
}

Result<Table> read_table(const std::filesystem::path& path, const ReadOptions& options) {
  TEMPER_TRY(TableReader reader, TableReader::open(path, options));
  TEMPER_TRY(std::optional<Table> all, reader.next(std::numeric_limits<std::size_t>::max()));
  if (!all) return reader.header();
  return std::move(*all);
}

}  // namespace temper::data
