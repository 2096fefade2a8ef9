#include "temper/data/duckdb/session.h"

#include <array>
#include <utility>

namespace temper::data::duckdb {
namespace {

ErrorCode code_of(duckdb_error_type type, std::string_view message) {
  if (type == DUCKDB_ERROR_INVALID) {
    if (message.starts_with("Out of Memory Error")) return ErrorCode::kResourceExhausted;
    if (message.starts_with("Permission Error")) return ErrorCode::kPermissionDenied;
    if (message.starts_with("IO Error")) return ErrorCode::kInternal;
  }
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ErrorCode::kResourceExhausted;
    case DUCKDB_ERROR_PERMISSION:
      return ErrorCode::kPermissionDenied;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_FATAL:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

/// Opens the database with settings that only exist at the start.
Status open_database(const Library& library, const SessionConfig& config,
                     duckdb_database* database) {
  const std::array<std::pair<const char*, std::string>, 7> settings{{
      {"threads", fmt::format("{}", config.threads)},
      {"memory_limit", fmt::format("{}B", config.memory_bytes)},
      {"temp_directory", ""},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"preserve_insertion_order", "true"},
  }};
  duckdb_config options = nullptr;
  if (library.create_config(&options) != DuckDBSuccess) {
    return fail(ErrorCode::kInternal, "DuckDB made no configuration");
  }
  for (const auto& [name, value] : settings) {
    if (library.set_config(options, name, value.c_str()) != DuckDBSuccess) {
      library.destroy_config(&options);
      return fail(ErrorCode::kInvalidArgument, "DuckDB refuses {}={}", name, value);
    }
  }
  char* message = nullptr;
  const duckdb_state state = library.open_ext(nullptr, database, options, &message);
  library.destroy_config(&options);
  if (state == DuckDBSuccess) return {};
  const std::string reason = message != nullptr ? message : "no reason given";
  library.free(message);
  return fail(ErrorCode::kInvalidArgument, "DuckDB does not start: {}", reason);
}

}  // namespace

Error translate_error(duckdb_error_type type, std::string_view message) {
  const ErrorCode code = code_of(type, message);
  // What follows is advice on SQL options that our callers cannot set.
  for (const std::string_view advice :
       {"\nPossible fixes", "\nPossible solutions", "\n\nLINE ", "\nLINE ",
        "\n  file =", "\nDid you mean", "\nDatabase is launched"}) {
    message = message.substr(0, message.find(advice));
  }
  std::string line;
  for (const char c : message) {
    if (c != '\n') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += line.back() == ':' ? " " : "; ";
    }
  }
  while (line.ends_with(' ') || line.ends_with(';')) line.pop_back();
  return Error{.code = code, .message = std::move(line), .retry_after_ms = 0};
}

ResultSet::ResultSet(ResultSet&& other) noexcept
    : library_(std::exchange(other.library_, nullptr)),
      result_(other.result_),
      at_end_(other.at_end_) {}

ResultSet::~ResultSet() {
  if (library_ != nullptr) library_->destroy_result(&result_);
}

std::vector<ResultColumn> ResultSet::columns() {
  std::vector<ResultColumn> columns;
  for (idx_t index = 0; index < library_->column_count(&result_); ++index) {
    duckdb_logical_type type = library_->column_logical_type(&result_, index);
    char* alias = library_->logical_type_get_alias(type);
    columns.push_back({.name = library_->column_name(&result_, index),
                       .type = library_->get_type_id(type),
                       .type_alias = alias != nullptr ? alias : ""});
    if (alias != nullptr) library_->free(alias);
    library_->destroy_logical_type(&type);
  }
  return columns;
}

std::uint64_t ResultSet::rows_changed() { return library_->rows_changed(&result_); }

void ResultSet::ChunkCloser::operator()(_duckdb_data_chunk* chunk) const {
  library->destroy_data_chunk(&chunk);
}

Result<ResultSet::Chunk> ResultSet::next() {
  if (at_end_) return Chunk(nullptr, ChunkCloser{library_});
  Chunk chunk(library_->fetch_chunk(result_), ChunkCloser{library_});
  if (chunk) return chunk;
  at_end_ = true;
  // A streaming result that fails half-way ends like one that is complete, but keeps the error.
  const char* message = library_->result_error(&result_);
  if (message != nullptr && *message != '\0') {
    return std::unexpected(translate_error(library_->result_error_type(&result_), message));
  }
  return chunk;
}

Result<std::vector<std::string>> ResultSet::first_row_texts() {
  std::vector<std::string> texts;
  TEMPER_TRY(const Chunk chunk, next());
  if (!chunk) return texts;
  for (idx_t index = 0; index < library_->column_count(&result_); ++index) {
    const duckdb_vector vector = library_->data_chunk_get_vector(chunk.get(), index);
    texts.emplace_back(string_at(library_->vector_get_data(vector), 0));
  }
  return texts;
}

Result<Session> Session::open(const SessionConfig& config) {
  TEMPER_TRY(const Library* library, duckdb::library());
  Session session(library);
  TEMPER_TRY_STATUS(open_database(*library, config, &session.database_));
  if (library->connect(session.database_, &session.connection_) != DuckDBSuccess) {
    return fail(ErrorCode::kInternal, "DuckDB gives no connection");
  }
  std::string paths;
  for (const std::string& path : config.reachable_paths) {
    paths += fmt::format("{}'{}'", paths.empty() ? "" : ", ", path);
  }
  TEMPER_TRY_STATUS(session.run(fmt::format("SET allowed_paths = [{}]", paths)));
  TEMPER_TRY_STATUS(session.run("SET enable_external_access = false"));
  TEMPER_TRY_STATUS(session.run("SET lock_configuration = true"));
  return session;
}

Session::Session(Session&& other) noexcept
    : library_(other.library_),
      database_(std::exchange(other.database_, nullptr)),
      connection_(std::exchange(other.connection_, nullptr)) {}

Session& Session::operator=(Session&& other) noexcept {
  std::swap(library_, other.library_);
  std::swap(database_, other.database_);
  std::swap(connection_, other.connection_);
  return *this;
}

Session::~Session() {
  if (connection_ != nullptr) library_->disconnect(&connection_);
  if (database_ != nullptr) library_->close(&database_);
}

Result<ResultSet> Session::run(const std::string& sql, bool streaming) {
  duckdb_prepared_statement statement = nullptr;
  if (library_->prepare(connection_, sql.c_str(), &statement) != DuckDBSuccess) {
    const char* reason = library_->prepare_error(statement);
    Error error = translate_error(DUCKDB_ERROR_INVALID, reason != nullptr ? reason : "bad SQL");
    library_->destroy_prepare(&statement);
    return std::unexpected(std::move(error));
  }
  duckdb_result raw{};
  const duckdb_state state = streaming ? library_->execute_prepared_streaming(statement, &raw)
                                       : library_->execute_prepared(statement, &raw);
  library_->destroy_prepare(&statement);
  ResultSet result(*library_, raw);
  if (state == DuckDBSuccess) return result;
  const char* reason = library_->result_error(&raw);
  return std::unexpected(translate_error(library_->result_error_type(&raw),
                                         reason != nullptr ? reason : "the statement failed"));
}

std::string_view string_at(const void* data, std::size_t row) {
  const auto& value = static_cast<const duckdb_string_t*>(data)[row].value;
  const std::uint32_t length = value.inlined.length;
  if (length <= sizeof value.inlined.inlined) return {value.inlined.inlined, length};
  return {value.pointer.ptr, length};
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

}  // namespace temper::data::duckdb
