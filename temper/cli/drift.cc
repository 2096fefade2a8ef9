// temper drift REF CUR: has the current data drifted from the reference?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "temper/cli/commands.h"
#include "temper/cli/name_list.h"
#include "temper/core/file.h"
#include "temper/data/read.h"
#include "temper/model/reference/reference.h"
#include "temper/watch/comparison/comparison.h"
#include "temper/watch/comparison/html.h"
#include "temper/watch/comparison/json.h"
#include "temper/watch/comparison/text.h"

namespace temper::cli {
namespace {

struct DriftFlags {
  std::string reference;
  std::string current;
  std::string columns;
  std::string time;
  std::string report;
  std::string output;
};

/// The first bytes; nothing where the file cannot be read, which its reader will explain.
std::string head_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(16, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return head;
}

/// Options that read only what is compared.
data::ReadOptions read_options(const DriftFlags& flags, bool with_time) {
  data::ReadOptions options;
  options.columns = split_names(flags.columns);
  if (with_time && !options.columns.empty() && !flags.time.empty()) {
    options.columns.push_back(flags.time);
  }
  return options;
}

Result<comparison::Comparison> compare_files(const DriftFlags& flags) {
  const comparison::CompareOptions options{.columns = split_names(flags.columns),
                                           .time = flags.time};
  if (is_reference(head_of(flags.reference))) {
    TEMPER_TRY(const Reference reference, read_reference(flags.reference));
    TEMPER_TRY(const data::Table current,
               data::read_table(flags.current, read_options(flags, true)));
    return comparison::compare(reference, current, options);
  }
  TEMPER_TRY(const data::Table reference,
             data::read_table(flags.reference, read_options(flags, false)));
  TEMPER_TRY(const data::Table current, data::read_table(flags.current, read_options(flags, true)));
  return comparison::compare(reference, current, options);
}

int run(const DriftFlags& flags) {
  if (flags.reference.empty() || flags.current.empty()) {
    fmt::print(stderr, "temper drift: REF and CUR are required; see `temper drift --help`\n");
    return kUsage;
  }
  const auto result = compare_files(flags);
  if (!result) return report_error(result.error(), flags.output);
  if (!flags.report.empty()) {
    const std::string html = comparison::to_html(
        *result, {.reference = std::filesystem::path(flags.reference).filename(),
                  .current = std::filesystem::path(flags.current).filename()});
    const auto written = write_file_atomically(flags.report, html);
    if (!written) return report_error(written.error(), flags.output);
  }
  if (flags.output == "json") {
    fmt::print("{}\n", comparison::to_json(*result));
  } else {
    fmt::print("{}", comparison::to_text(*result));
  }
  return kOk;
}

}  // namespace

Command drift_command() {
  return {
      .path = "drift",
      .summary = "Compare two data sets, column by column: has the current one drifted?",
      .examples =
          {"temper drift january.parquet february.parquet",
           "temper drift january.parquet july.csv --columns arr_delay,dep_delay --output json",
           "temper drift flights.reference july.parquet --time event_time --report july.html"},
      .declare = [](Options& options) -> Action {
        const auto flags = std::make_shared<DriftFlags>();
        // Not `required`: that would ask for them before a verb such as `calibrate` too.
        options.text(flags->reference, "REF",
                     "the reference: CSV, Parquet or JSON, or a file of `temper reference build`");
        options.text(flags->current, "CUR", "the current data: CSV, Parquet or JSON");
        options.text(flags->columns, "--columns",
                     "columns to compare, separated by commas; none: all");
        options.text(flags->time, "--time",
                     "column of event times: not compared, and the report shows the trend over it");
        options.text(flags->report, "--report", "write an HTML report there");
        declare_output(options, flags->output);
        return [flags] { return run(*flags); };
      },
      .hidden = false};
}

}  // namespace temper::cli
