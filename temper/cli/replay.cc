// temper replay: recorded events through a served model, in the order of their time.

#include "temper/cli/client/replay.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "temper/cli/client/feedback.h"
#include "temper/cli/client/labels.h"
#include "temper/cli/client/render.h"
#include "temper/cli/client/server_options.h"
#include "temper/cli/commands.h"
#include "temper/core/log.h"
#include "temper/data/read.h"
#include "temper/data/write.h"

namespace temper::cli {
namespace {

struct ReplayOptions {
  client::ServerFlags server;
  std::string data;
  std::string time;
  std::string label;
  std::string features;
  std::string where;
  client::LabelOptions labels;
  std::string classes;
  double rate = 0;
  std::string speed;
  std::int64_t connections = 4;
  std::int64_t batch = 1;
  bool json = false;
  bool feedback = false;
  std::string out;
  std::string output;
};

/// The events in order, and which of their columns mean something.
struct Recording {
  data::Table table;
  const data::Column* time = nullptr;
  const data::Column* label = nullptr;
};

/// The column that holds the events' time: the one named, else the only one of timestamps.
Result<std::string> time_column(const ReplayOptions& options, const data::Table& header) {
  if (!options.time.empty()) {
    TEMPER_TRY(const data::Column* column, header.column(options.time));
    if (column->type != data::ColumnType::kTimestamp && column->type != data::ColumnType::kInt64) {
      return fail(
          ErrorCode::kInvalidArgument,
          "column '{}' is {}: a time is a timestamp, or an integer of nanoseconds since 1970",
          options.time, data::column_type_name(column->type));
    }
    return options.time;
  }
  std::string found;
  for (const data::Column& column : header.columns) {
    if (column.type != data::ColumnType::kTimestamp) continue;
    if (!found.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "'{}' and '{}' both hold timestamps: say which is the event's with --time", found,
                  column.name);
    }
    found = column.name;
  }
  return found;
}

Result<Recording> read_recording(const ReplayOptions& options) {
  data::ReadOptions read;
  read.where = options.where;
  std::string time;
  {
    TEMPER_TRY(const data::TableReader reader, data::TableReader::open(options.data, read));
    TEMPER_TRY(time, time_column(options, reader.header()));
    if (!options.label.empty()) TEMPER_TRY_STATUS(reader.header().column(options.label));
  }
  if (!time.empty()) read.order_by = {time};
  Recording recording;
  TEMPER_TRY(recording.table, data::read_table(options.data, read));
  if (!time.empty()) {
    TEMPER_TRY(recording.time, recording.table.column(time));
  }
  if (!options.label.empty()) {
    TEMPER_TRY(recording.label, recording.table.column(options.label));
  }
  return recording;
}

std::function<void(std::uint64_t)> progress_line(std::uint64_t total) {
  if (isatty(STDERR_FILENO) == 0) return nullptr;
  return [total](std::uint64_t done) {
    fmt::print(stderr, "\r{} of {} events ({}%) ", client::count_text(done),
               client::count_text(total), total == 0 ? 100 : done * 100 / total);
    if (done >= total) fmt::print(stderr, "\n");
  };
}

struct Outcome {
  client::ReplayReport report;
  std::optional<client::ScoreBoard> scores;
  /// Labels that the server took.
  std::uint64_t fed_back = 0;
};

Status write_predictions(const Recording& recording, const client::PredictionColumns& predictions,
                         const std::string& path) {
  data::Table table;
  if (recording.time != nullptr) table.columns.push_back(*recording.time);
  if (recording.label != nullptr) table.columns.push_back(*recording.label);
  const auto add = [&table](data::Column column) {
    while (table.column_index(column.name)) column.name = "predicted_" + column.name;
    table.columns.push_back(std::move(column));
  };
  for (const data::Column& column : predictions.columns()) add(column);
  add(predictions.versions());
  add(predictions.prediction_ids());
  return data::write_parquet(table, path);
}

Result<Outcome> replay(const ReplayOptions& options) {
  client::ReplayConfig config{
      .connections = static_cast<int>(options.connections),
      .batch = static_cast<std::size_t>(std::max<std::int64_t>(options.batch, 0)),
      .rate_per_s = options.rate,
      .speed = 0,
      .binary = !options.json,
      .retry = {}};
  TEMPER_TRY(config.speed, client::parse_speed(options.speed));
  TEMPER_TRY_STATUS(config.validate());
  TEMPER_TRY(const client::ServerOptions server, client::server_options(options.server));
  TEMPER_TRY(const client::ModelClient model, client::ModelClient::connect(server));
  TEMPER_TRY(const Recording recording, read_recording(options));

  client::TableInputs::Options columns{.features = client::split_names(options.features),
                                       .not_features = {}};
  for (const data::Column* role : {recording.time, recording.label}) {
    if (role != nullptr) columns.not_features.push_back(role->name);
  }
  TEMPER_TRY(const client::TableInputs inputs,
             client::TableInputs::create(model.signature(), recording.table, columns));
  Outcome outcome;
  TEMPER_TRY(
      outcome.report,
      client::replay(model, {.table = &recording.table, .inputs = &inputs, .time = recording.time},
                     config, system_clock_instance(), progress_line(recording.table.rows())));
  if (!outcome.report.predictions) return outcome;
  if (!options.out.empty()) {
    TEMPER_TRY_STATUS(write_predictions(recording, *outcome.report.predictions, options.out));
  }
  if (recording.label != nullptr) {
    client::LabelOptions labels = options.labels;
    labels.classes = client::split_names(options.classes);
    TEMPER_TRY(outcome.scores, client::score_labels(*recording.label, recording.time,
                                                    *outcome.report.predictions, labels));
    if (options.feedback) {
      TEMPER_TRY(outcome.fed_back, client::send_feedback(server, *recording.label, recording.time,
                                                         *outcome.report.predictions));
    }
  }
  return outcome;
}

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string optional_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}

std::vector<std::string> score_row(const std::string& name, const client::MonthScore& score) {
  return {name,
          client::count_text(score.events()),
          fmt::format("{:.4f}", score.accuracy()),
          fmt::format("{:.4f}", score.majority_share()),
          fmt::format("{:+.4f}", score.accuracy() - score.majority_share()),
          optional_text(score.log_loss()),
          fmt::format("{:.4f}", score.base_log_loss()),
          optional_text(score.skill())};
}

void print_text(const Outcome& outcome) {
  const client::ReplayReport& report = outcome.report;
  fmt::print(
      "{} of {} events answered in {:.1f} s: {} events/s, p50 {:.2f} ms, p99 {:.2f} ms, "
      "{} retries, {} refused\n",
      client::count_text(report.answered), client::count_text(report.events), report.seconds,
      client::count_text(
          static_cast<std::uint64_t>(static_cast<double>(report.answered) / report.seconds)),
      milliseconds(report.latency.quantile(0.5)), milliseconds(report.latency.quantile(0.99)),
      client::count_text(report.retries), client::count_text(report.refused));
  if (report.refused > 0) fmt::print("first refusal: {}\n", report.first_refusal);
  if (outcome.fed_back > 0) {
    fmt::print("{} labels sent back\n", client::count_text(outcome.fed_back));
  }
  if (!outcome.scores) return;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [month, score] : outcome.scores->months) {
    rows.push_back(score_row(client::month_text(month), score));
  }
  rows.push_back(score_row("all", outcome.scores->overall));
  fmt::print("{}", client::table_text({"month", "labelled", "accuracy", "majority", "gain",
                                       "log-loss", "base", "skill"},
                                      rows));
}

std::string score_json(const client::MonthScore& score) {
  const auto number = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : std::string("null");
  };
  return fmt::format(
      R"("events":{},"accuracy":{},"majority_share":{},"log_loss":{},"base_log_loss":{},"skill":{})",
      score.events(), score.accuracy(), score.majority_share(), number(score.log_loss()),
      score.base_log_loss(), number(score.skill()));
}

void print_json(const Outcome& outcome) {
  const client::ReplayReport& report = outcome.report;
  std::string scores = "null";
  if (outcome.scores) {
    std::string months;
    for (const auto& [month, score] : outcome.scores->months) {
      months += fmt::format(R"({}{{"month":"{}",{}}})", months.empty() ? "" : ",",
                            client::month_text(month), score_json(score));
    }
    scores = fmt::format(R"({{"overall":{{{}}},"months":[{}]}})",
                         score_json(outcome.scores->overall), months);
  }
  fmt::print(
      R"({{"events":{},"answered":{},"refused":{},"first_refusal":{},"retries":{},"seconds":{},)"
      R"("events_per_s":{},"latency_ms":{{"p50":{},"p99":{},"max":{}}},"fed_back":{},"scores":{}}})"
      "\n",
      report.events, report.answered, report.refused, log::json_quote(report.first_refusal),
      report.retries, report.seconds, static_cast<double>(report.answered) / report.seconds,
      milliseconds(report.latency.quantile(0.5)), milliseconds(report.latency.quantile(0.99)),
      milliseconds(report.latency.max()), outcome.fed_back, scores);
}

int run(const ReplayOptions& options) {
  const auto outcome = replay(options);
  if (!outcome) return report_error(outcome.error(), options.output);
  if (options.output == "json") {
    print_json(*outcome);
  } else {
    print_text(*outcome);
  }
  return outcome->report.refused == 0 ? kOk : kNegative;
}

Action declare(Options& options) {
  auto values = std::make_shared<ReplayOptions>();
  options.text(values->data, "DATA", "the events: CSV, Parquet or JSON");
  options.required();
  options.text(values->server.server.model, "--model", "name, or name:version");
  options.required();
  client::declare_server(options, values->server);
  options.text(
      values->time, "--time",
      "column of the events' time; none: the only one of timestamps, else the file's order");
  options.text(values->label, "--label", "column of labels; the answers are scored by it");
  options.text(values->where, "--where", "an SQL condition that picks events: \"month > 1\"");
  options.text(values->features, "--features",
               "columns of a feature matrix, a,b,c; none: all but time and label");
  options.text(values->labels.label_output, "--label-output", "output with the predicted class");
  options.text(values->labels.probability_output, "--probability-output",
               "output with the classes' probabilities");
  options.text(values->classes, "--classes",
               "names in the order of the probabilities; none: 0,1,...");
  options.number(values->rate, "--rate", "events per second; 0 = as fast as the server takes them");
  options.text(values->speed, "--speed", "event time by the clock: 3600x is an hour a second");
  options.integer(values->connections, "--connections", "requests under way at once");
  options.integer(values->batch, "--batch", "events per request");
  options.flag(values->feedback, "--feedback", "send the labels back when all is answered");
  options.flag(values->json, "--json", "tensors as JSON instead of raw bytes");
  options.text(values->out, "--out", "write the predictions here (Parquet)");
  declare_output(options, values->output);
  return [values] { return run(*values); };
}

}  // namespace

Command replay_command() {
  return {
      .path = "replay",
      .summary = "Send recorded events to a served model in the order of their time",
      .examples = {"temper replay flights.parquet --model flights --label late",
                   "temper replay flights.parquet --model flights --speed 86400x",
                   "temper replay events.csv --model fraud --time at --out predictions.parquet"},
      .declare = declare,
      .hidden = false};
}

}  // namespace temper::cli
