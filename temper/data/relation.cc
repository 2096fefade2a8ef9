#include "temper/data/relation.h"

#include <optional>
#include <vector>

namespace temper::data {
namespace {

std::string quote_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += '\'';
  }
  return quoted + "'";
}

/// What DuckDB found out about a CSV file's fields.
struct CsvTypes {
  std::vector<std::string> types;
  std::string date_format;
  std::string timestamp_format;
};

std::string csv_dialect(const SourceFile& source) {
  return fmt::format(
      "'{}', delim='{}', quote='\"', escape='\"', header=true, skip=0, strict_mode=true, "
      "null_padding=false, ignore_errors=false, compression='{}', "
      "nullstr=['', 'NA', 'NULL', '\\N']",
      source.engine_path(), source.csv_header().separator, source.is_gzipped() ? "gzip" : "none");
}

std::string read_csv(const SourceFile& source, const CsvTypes& types) {
  std::string columns;
  for (std::size_t index = 0; index < types.types.size(); ++index) {
    columns += fmt::format("{}{}: '{}'", index == 0 ? "" : ", ",
                           quote_text(source.csv_header().names[index]), types.types[index]);
  }
  std::string formats;
  if (!types.date_format.empty()) {
    formats += ", dateformat=" + quote_text(types.date_format);
  }
  if (!types.timestamp_format.empty()) {
    formats += ", timestampformat=" + quote_text(types.timestamp_format);
  }
  return fmt::format("read_csv({}, auto_detect=false, columns={{{}}}{})", csv_dialect(source),
                     columns, formats);
}

/// The types by which all rows can be read; nothing when DuckDB sees another table than the header
/// announces, as it does in ragged files.
Result<std::optional<CsvTypes>> sniff(const SourceFile& source, duckdb::Session& session) {
  const std::string from = fmt::format(" FROM sniff_csv({}, sample_size=-1)", csv_dialect(source));
  // A name may hold any character, a type none of these: one line per column, formats in front.
  auto answer = session.run(
      "SELECT coalesce(DateFormat, ''), coalesce(TimestampFormat, ''), SkipRows::VARCHAR, "
      "array_to_string(list_transform(Columns, lambda c: c.type), ';')" +
      from);
  if (!answer) {
    if (answer.error().code == ErrorCode::kInvalidArgument) return std::nullopt;
    return std::unexpected(std::move(answer).error());
  }
  TEMPER_TRY(const auto fields, answer->first_row_texts());
  if (fields.size() != 4 || fields[2] != "0") return std::nullopt;
  CsvTypes found{.types = {}, .date_format = fields[0], .timestamp_format = fields[1]};
  for (std::size_t at = 0; at <= fields[3].size();) {
    const std::size_t end = std::min(fields[3].find(';', at), fields[3].size());
    found.types.push_back(fields[3].substr(at, end - at));
    at = end + 1;
  }
  if (found.types.size() != source.csv_header().names.size()) return std::nullopt;
  return found;
}

Result<std::string> csv_relation(const SourceFile& source, duckdb::Session& session) {
  TEMPER_TRY(const auto found, sniff(source, session));
  if (found) return read_csv(source, *found);
  // Reading all fields as text names the line that does not fit; a file with no rows passes.
  CsvTypes texts;
  texts.types.assign(source.csv_header().names.size(), "VARCHAR");
  std::string relation = read_csv(source, texts);
  TEMPER_TRY_STATUS(session.run("SELECT count(COLUMNS(*)) FROM " + relation));
  return relation;
}

}  // namespace

Result<std::string> relation_of(const SourceFile& source, duckdb::Session& session) {
  switch (source.kind()) {
    case FileKind::kParquet:
      return fmt::format("read_parquet('{}')", source.engine_path());
    case FileKind::kJson:
      return fmt::format(
          "read_json('{}', format='auto', sample_size=-1, ignore_errors=false, compression='{}')",
          source.engine_path(), source.is_gzipped() ? "gzip" : "uncompressed");
    case FileKind::kCsv:
      return csv_relation(source, session);
  }
  return fail(ErrorCode::kInternal, "unknown kind of file");
}

}  // namespace temper::data
