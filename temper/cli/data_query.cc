// temper data query: one SELECT over a table file, as Parquet.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "temper/cli/commands.h"
#include "temper/core/file.h"
#include "temper/core/log.h"
#include "temper/data/write.h"

namespace temper::cli {
namespace {

struct QueryFlags {
  std::string data;
  std::string sql;
  std::string sql_file;
  std::string out;
  std::string output;
};

Result<std::string> query_text(const QueryFlags& flags) {
  if (flags.sql.empty() == flags.sql_file.empty()) {
    return fail(ErrorCode::kInvalidArgument, "give the query with --sql or --sql-file");
  }
  if (!flags.sql.empty()) return flags.sql;
  return read_file(flags.sql_file, std::size_t{1} << 20);
}

int run(const QueryFlags& flags) {
  const auto sql = query_text(flags);
  if (!sql) return report_error(sql.error(), flags.output);
  const auto report = data::query_to_parquet(flags.data, *sql, flags.out);
  if (!report) return report_error(report.error(), flags.output);
  if (flags.output == "json") {
    fmt::print("{{\"rows_in\":{},\"rows_out\":{},\"out\":{}}}\n", report->rows_in, report->rows_out,
               log::json_quote(flags.out));
  } else {
    fmt::print("{}: {} rows of {}\n", flags.out, report->rows_out, report->rows_in);
  }
  return kOk;
}

}  // namespace

Command data_query_command() {
  return {
      .path = "data query",
      .summary = "Write the answer of one SELECT over a table file as Parquet",
      .examples = {"temper data query flights.csv --out january.parquet --sql \"SELECT * FROM "
                   "data WHERE month = 1\"",
                   "temper data query flights.csv --out flights.parquet --sql-file flights.sql"},
      .declare = [](Options& options) -> Action {
        const auto flags = std::make_shared<QueryFlags>();
        options.text(flags->data, "DATA", "CSV, Parquet or JSON; the query's table 'data'");
        options.required();
        options.text(flags->sql, "--sql", "the query, in DuckDB's SQL");
        options.text(flags->sql_file, "--sql-file", "file that holds the query");
        options.text(flags->out, "--out", "Parquet file to write");
        options.required();
        declare_output(options, flags->output);
        return [flags] { return run(*flags); };
      },
      .hidden = false};
}

}  // namespace temper::cli
