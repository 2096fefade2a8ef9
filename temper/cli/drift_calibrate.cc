// temper drift calibrate: what the drift policy would do on the user's own reference.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "temper/cli/commands.h"
#include "temper/cli/drift_table.h"
#include "temper/core/log.h"
#include "temper/data/read.h"
#include "temper/profile/units.h"
#include "temper/watch/drift/drift.h"

namespace temper::cli {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;

struct CalibrateFlags {
  std::string reference;
  std::string time;
  std::string columns;
  std::string where;
  std::string period = "auto";
  std::string policy = "calibrated";
  std::int64_t window = 500;
  std::int64_t streams = 2000;
  std::int64_t shifted = 500;
  std::int64_t seed = 1;
  double alarms = 0.1;
  std::string output;
};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

// "auto" takes a week where the reference holds three of them, a day where it holds three.
Result<std::int64_t> period_of(std::string_view text, std::span<const std::int64_t> time_ns) {
  if (time_ns.empty() || text == "none") return 0;
  if (text != "auto") {
    TEMPER_TRY(const auto period, profile::parse_duration(text));
    return period.count();
  }
  const std::int64_t span = time_ns.back() - time_ns.front();
  if (span >= 21 * kDayNs) return 7 * kDayNs;
  return span >= 3 * kDayNs ? kDayNs : 0;
}

Result<DriftTable> read_reference(const CalibrateFlags& flags) {
  data::ReadOptions options;
  options.columns = split(flags.columns);
  if (!flags.time.empty()) {
    if (!options.columns.empty() &&
        std::ranges::find(options.columns, flags.time) == options.columns.end()) {
      options.columns.push_back(flags.time);
    }
    options.order_by = {flags.time};
  }
  options.where = flags.where;
  TEMPER_TRY(const auto table, data::read_table(flags.reference, options));
  return DriftTable::of(table, flags.time);
}

Result<drift::RehearsalConfig> config_of(const CalibrateFlags& flags, const DriftTable& table) {
  if (flags.window < 0 || flags.streams < 0 || flags.shifted < 0) {
    return fail(ErrorCode::kInvalidArgument, "--window, --streams and --shifted are positive");
  }
  drift::RehearsalConfig config;
  config.policy = drift::policy_of(flags.policy).value_or(drift::Policy::kCalibrated);
  TEMPER_TRY(config.calibration.period_ns, period_of(flags.period, table.rows().time_ns));
  config.calibration.window_rows = static_cast<std::size_t>(flags.window);
  config.calibration.alarms_per_month = flags.alarms;
  config.streams = static_cast<std::size_t>(flags.streams);
  config.shifted_streams = static_cast<std::size_t>(flags.shifted);
  config.seed = static_cast<std::uint64_t>(flags.seed);
  return config;
}

std::string rows_text(const std::optional<std::size_t>& rows) {
  return rows ? fmt::format("{}", *rows) : "null";
}

std::string detection_json(const drift::Detection& d) {
  return fmt::format(
      "\"psi\":{},\"power\":{},\"delay_rows_p50\":{},\"delay_rows_p95\":{},\"streams\":{},"
      "\"limit_rows\":{}",
      d.psi, d.power, rows_text(d.delay_rows_p50), rows_text(d.delay_rows_p95), d.streams,
      d.limit_rows);
}

void print_json(const drift::Rehearsal& r, const drift::RehearsalConfig& config) {
  std::string detection;
  for (const auto& d : r.detection) {
    detection += fmt::format("{}{{{}}}", detection.empty() ? "" : ",", detection_json(d));
  }
  std::string features;
  for (const auto& f : r.by_feature) {
    features += fmt::format("{}{{\"name\":{},{}}}", features.empty() ? "" : ",",
                            log::json_quote(f.feature), detection_json(f.detection));
  }
  std::string culprits;
  for (const auto& [name, count] : r.false_alarms_by_feature) {
    culprits += fmt::format("{}{{\"name\":{},\"count\":{}}}", culprits.empty() ? "" : ",",
                            log::json_quote(name), count);
  }
  fmt::print(
      "{{\"streams\":{},\"policy\":\"{}\",\"false_alarm_rate\":{},\"interval\":[{},{}],"
      "\"alarms_per_month\":{},\"detection\":[{}],\"false_alarms\":{},\"independent_streams\":{},"
      "\"sequential_alarms\":{},\"time_order\":{},\"period_s\":{},\"window_rows\":{},"
      "\"rows_per_month\":{},\"false_alarm_features\":[{}],\"features\":[{}]}}\n",
      r.streams, drift::policy_name(config.policy), r.false_alarm_rate, r.low, r.high,
      r.alarms_per_month, detection, r.false_alarms, r.independent_streams, r.sequential_alarms,
      r.time_order, config.calibration.period_ns / 1'000'000'000, config.calibration.window_rows,
      r.rows_per_month, culprits, features);
}

void print_features(const drift::Rehearsal& r) {
  if (r.by_feature.size() > 4 * r.detection.size() * 5) return;  // 20 features
  fmt::print("\nby feature       PSI   found   p50 rows   p95 rows\n");
  for (const auto& f : r.by_feature) {
    if (f.detection.psi < 0.19 || f.detection.psi > 0.21) continue;
    fmt::print("  {:<12} {:>5} {:>6.1f}% {:>10} {:>10}\n", f.feature, f.detection.psi,
               100 * f.detection.power, rows_text(f.detection.delay_rows_p50),
               rows_text(f.detection.delay_rows_p95));
  }
}

void print_text(const drift::Rehearsal& r, const drift::RehearsalConfig& config) {
  fmt::print("policy           {}\n", drift::policy_name(config.policy));
  fmt::print("rows             {}\n",
             r.time_order
                 ? fmt::format("held-out blocks in the order of time, season {}",
                               config.calibration.period_ns == 0
                                   ? "none"
                                   : profile::duration_text(Duration(config.calibration.period_ns)))
                 : std::string("no clock: held-out rows drawn independently, so drift that belongs "
                               "to the data's own time is not in these figures"));
  fmt::print(
      "false alarms     {} of {} checks of {} rows: {:.3f} %, 95 % interval {:.3f} to {:.3f} "
      "% ({} independent)\n",
      r.false_alarms, r.streams, config.calibration.window_rows, 100 * r.false_alarm_rate,
      100 * r.low, 100 * r.high, r.independent_streams);
  fmt::print("alarms to expect {:.3f} per model-month of {:.0f} rows, checks and {} together\n",
             r.alarms_per_month, r.rows_per_month,
             config.policy == drift::Policy::kCalibrated ? "sequential detector" : "nothing else");
  for (const auto& [name, count] : r.false_alarms_by_feature) {
    fmt::print("  raised by      {}: {}\n", name, count);
  }
  if (r.detection.empty()) return;
  fmt::print("\nshift of one feature   PSI   found   p50 rows   p95 rows   (null: not within {})\n",
             r.detection[0].limit_rows);
  for (const auto& d : r.detection) {
    fmt::print("  {:>24} {:>6.1f}% {:>10} {:>10}\n", d.psi, 100 * d.power,
               rows_text(d.delay_rows_p50), rows_text(d.delay_rows_p95));
  }
  print_features(r);
}

int run(const CalibrateFlags& flags) {
  const auto table = read_reference(flags);
  if (!table) return report_error(table.error(), flags.output);
  if (!table->left_out().empty()) {
    fmt::print(stderr, "left out: columns of timestamps: {}\n", fmt::join(table->left_out(), ", "));
  }
  if (flags.time.empty()) {
    fmt::print(
        stderr,
        "no --time: rows are drawn independently; if they have a clock, name it, for seasons "
        "and slow changes are invisible without\n");
  }
  const auto config = config_of(flags, *table);
  if (!config) return report_error(config.error(), flags.output);
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto result = drift::rehearse(table->rows(), *config, [&](std::string_view step) {
    if (terminal) fmt::print(stderr, "\r{:<40}", step);
  });
  if (terminal) fmt::print(stderr, "\r{:<40}\r", "");
  if (!result) return report_error(result.error(), flags.output);
  if (flags.output == "json") {
    print_json(*result, *config);
  } else {
    print_text(*result, *config);
  }
  return kOk;
}

}  // namespace

Command drift_calibrate_command() {
  return {.path = "drift calibrate",
          .summary = "False alarms and delay of drift detection, rehearsed on your own reference",
          .examples = {"temper drift calibrate flights.parquet --time event_time",
                       "temper drift calibrate sensors.csv --policy threshold --output json"},
          .declare = [](Options& options) -> Action {
            const auto flags = std::make_shared<CalibrateFlags>();
            options.text(flags->reference, "REF", "CSV, Parquet or JSON: rows without drift");
            options.required();
            options.text(flags->time, "--time",
                         "column of event times; without it rows are drawn independently");
            options.text(flags->columns, "--columns", "columns to watch, by comma; default all");
            options.text(flags->where, "--where", "SQL condition on the rows to take");
            options.text(flags->policy, "--policy", "the policy to rehearse");
            options.one_of({"calibrated", "threshold"});
            options.text(flags->period, "--period",
                         "season of the data: auto, none, or a duration such as 7d");
            options.integer(flags->window, "--window", "rows of a check");
            options.integer(flags->streams, "--streams", "checks without a change, at least");
            options.integer(flags->shifted, "--shifted", "streams with a change, per size");
            options.number(flags->alarms, "--alarms-per-month",
                           "false alarms that the calibrated policy may raise");
            options.integer(flags->seed, "--seed", "seed of what is drawn");
            declare_output(options, flags->output);
            return [flags] { return run(*flags); };
          },
          .hidden = false};
}

}  // namespace temper::cli
