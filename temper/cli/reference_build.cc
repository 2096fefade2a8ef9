// temper reference build: the statistical summary of a table, against which live data is compared.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "temper/cli/commands.h"
#include "temper/cli/name_list.h"
#include "temper/core/log.h"
#include "temper/data/read.h"
#include "temper/model/reference/build.h"
#include "temper/model/reference/reference.h"

namespace temper::cli {
namespace {

struct BuildFlags {
  std::string data;
  std::string out;
  std::string time;
  std::string exclude;
  std::string output;
};

Result<Reference> build(const BuildFlags& flags) {
  TEMPER_TRY(const data::Table table, data::read_table(flags.data));
  TEMPER_TRY(Reference reference,
             build_reference(
                 table, {.time = flags.time, .exclude = split_names(flags.exclude), .seed = 0}));
  TEMPER_TRY_STATUS(write_reference(reference, flags.out));
  return reference;
}

std::string kinds_json(const Reference& reference) {
  std::string json;
  for (const ColumnSummary& feature : reference.features) {
    json += fmt::format("{}{{\"name\":{},\"type\":\"{}\",\"missing_rate\":{}}}",
                        json.empty() ? "" : ",", log::json_quote(feature.name),
                        summary_kind_name(feature.kind), feature.missing_rate());
  }
  return json;
}

int run(const BuildFlags& flags) {
  const auto reference = build(flags);
  if (!reference) return report_error(reference.error(), flags.output);
  if (flags.output == "json") {
    fmt::print("{{\"out\":{},\"rows\":{},\"seasonal\":{},\"features\":[{}]}}\n",
               log::json_quote(flags.out), reference->rows, reference->clock.has_value(),
               kinds_json(*reference));
    return kOk;
  }
  fmt::print("{}: {} rows, {} features{}\n", flags.out, reference->rows, reference->features.size(),
             reference->clock ? ", by hour of day and day of week" : "");
  for (const ColumnSummary& feature : reference->features) {
    fmt::print("  {:<28} {:<12} {:.2f} % missing\n", feature.name, summary_kind_name(feature.kind),
               100 * feature.missing_rate());
  }
  return kOk;
}

}  // namespace

Command reference_build_command() {
  return {
      .path = "reference build",
      .summary = "Summarise a table as the reference of drift detection",
      .examples = {"temper reference build january.parquet --out january.reference",
                   "temper reference build flights.csv --out flights.reference --time event_time "
                   "--exclude late,tailnum"},
      .declare = [](Options& options) -> Action {
        const auto flags = std::make_shared<BuildFlags>();
        options.text(flags->data, "DATA", "CSV, Parquet or JSON");
        options.required();
        options.text(flags->out, "--out", "file to write");
        options.required();
        options.text(flags->time, "--time",
                     "column of event times: adds counts by hour of day and day of week");
        options.text(flags->exclude, "--exclude",
                     "columns that are no features, separated by commas");
        declare_output(options, flags->output);
        return [flags] { return run(*flags); };
      },
      .hidden = false};
}

}  // namespace temper::cli
