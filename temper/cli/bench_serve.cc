// temper bench serve: load on a served model, and what its callers would have seen.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "temper/cli/client/load_generator.h"
#include "temper/cli/client/model_client.h"
#include "temper/cli/client/random_inputs.h"
#include "temper/cli/client/render.h"
#include "temper/cli/client/server_options.h"
#include "temper/cli/client/table_inputs.h"
#include "temper/cli/commands.h"
#include "temper/core/file.h"
#include "temper/core/log.h"
#include "temper/data/read.h"

namespace temper::cli {
namespace {

/// Different requests, so that no cache on the way answers for the model; few enough to stay warm.
constexpr std::size_t kDistinctRequests = 64;

struct BenchOptions {
  client::ServerFlags server;
  std::string protocol = "http-json";
  std::string mode = "closed";
  std::string connections = "1,16,64";
  double rate = 0;
  double seconds = 10;
  double warmup = 1;
  std::int64_t runs = 1;
  std::int64_t rows = 1;
  std::int64_t free_size = 8;
  std::int64_t seed = 1;
  std::string data;
  std::string features;
  std::string json;
  bool allow_remote = false;
  std::string output;
};

/// One number of connections, measured `runs` times.
struct Point {
  int connections = 0;
  std::vector<client::LoadReport> runs;

  /// The run in the middle by requests per second (the lower one of an even number).
  [[nodiscard]] const client::LoadReport& median() const {
    std::vector<const client::LoadReport*> sorted;
    sorted.reserve(runs.size());
    for (const client::LoadReport& run : runs) sorted.push_back(&run);
    std::ranges::sort(sorted, {}, [](const auto* run) { return run->requests_per_s(); });
    return *sorted[(sorted.size() - 1) / 2];
  }
};

Result<std::vector<std::vector<oip::NamedTensor>>> table_requests(const BenchOptions& options,
                                                                  const Signature& signature) {
  const auto rows = static_cast<std::size_t>(options.rows);
  data::ReadOptions read;
  read.max_rows = rows * kDistinctRequests;
  TEMPER_TRY(const data::Table table, data::read_table(options.data, read));
  if (table.rows() < rows) {
    return fail(ErrorCode::kInvalidArgument, "'{}' has {} rows, a request needs {}", options.data,
                table.rows(), rows);
  }
  TEMPER_TRY(const client::TableInputs inputs,
             client::TableInputs::create(
                 signature, table,
                 {.features = client::split_names(options.features), .not_features = {}}));
  std::vector<std::vector<oip::NamedTensor>> requests;
  for (std::size_t first = 0; first + rows <= table.rows(); first += rows) {
    TEMPER_TRY(requests.emplace_back(), inputs.build(table, first, rows));
  }
  return requests;
}

Result<std::vector<std::vector<oip::NamedTensor>>> random_requests(const BenchOptions& options,
                                                                   const Signature& signature) {
  Rng rng(static_cast<std::uint64_t>(options.seed));
  client::RandomInputsConfig config;
  config.rows = options.rows;
  config.free_size = options.free_size;
  std::vector<std::vector<oip::NamedTensor>> requests;
  for (std::size_t k = 0; k < kDistinctRequests; ++k) {
    TEMPER_TRY(requests.emplace_back(), client::random_inputs(signature, config, rng));
  }
  return requests;
}

Result<std::vector<std::string>> encode_requests(const BenchOptions& options,
                                                 const client::ModelClient& model) {
  if (!options.json.empty()) {
    TEMPER_TRY(std::string body, read_file(options.json));
    return std::vector{model.request_bytes({.body = std::move(body), .json_size = std::nullopt})};
  }
  std::vector<std::vector<oip::NamedTensor>> inputs;
  if (options.data.empty()) {
    TEMPER_TRY(inputs, random_requests(options, model.signature()));
  } else {
    TEMPER_TRY(inputs, table_requests(options, model.signature()));
  }
  std::vector<std::string> requests;
  for (const auto& tensors : inputs) {
    TEMPER_TRY(const oip::EncodedCall call,
               oip::encode_infer_call({.id = {},
                                       .inputs = tensors,
                                       .outputs = {},
                                       .parameters = {},
                                       .binary = options.protocol == "http-binary"}));
    requests.push_back(model.request_bytes(call));
  }
  return requests;
}

Duration seconds(double count) { return Duration(static_cast<std::int64_t>(count * 1e9)); }

Status check(const BenchOptions& options) {
  if (options.rows < 1 || options.rows > 65'536) {
    return fail(ErrorCode::kInvalidArgument, "--rows must lie in 1..65536, got {}", options.rows);
  }
  if (options.runs < 1 || options.runs > 1000) {
    return fail(ErrorCode::kInvalidArgument, "--runs must lie in 1..1000, got {}", options.runs);
  }
  if (!(options.seconds > 0 && options.seconds <= 86'400) ||
      !(options.warmup >= 0 && options.warmup <= 86'400)) {
    return fail(ErrorCode::kInvalidArgument,
                "--seconds must lie in (0, 86400] and --warmup in [0, 86400]");
  }
  return {};
}

Result<std::vector<Point>> measure(const BenchOptions& options) {
  TEMPER_TRY_STATUS(check(options));
  TEMPER_TRY(const std::vector<int> counts, client::parse_counts(options.connections, 10'000));
  TEMPER_TRY(const client::ServerOptions server, client::server_options(options.server));
  TEMPER_TRY(const client::Endpoint endpoint, client::Endpoint::parse(server.url));
  if (!endpoint.is_loopback() && !options.allow_remote) {
    return fail(ErrorCode::kFailedPrecondition,
                "{} is not this machine: load on a server of others needs --allow-remote",
                server.url);
  }
  TEMPER_TRY(const client::ModelClient model, client::ModelClient::connect(server));
  TEMPER_TRY(std::vector<std::string> requests, encode_requests(options, model));
  std::vector<Point> points;
  for (const int connections : counts) {
    Point point{.connections = connections, .runs = {}};
    for (std::int64_t run = 0; run < options.runs; ++run) {
      const client::LoadConfig config{
          .endpoint = endpoint,
          .requests = requests,
          .mode = options.mode == "open" ? client::LoadMode::kOpen : client::LoadMode::kClosed,
          .connections = connections,
          .rate_per_s = options.rate,
          .warmup = seconds(options.warmup),
          .duration = seconds(options.seconds),
          .timeout = server.timeout,
          .seed = static_cast<std::uint64_t>(options.seed + run)};
      TEMPER_TRY(point.runs.emplace_back(), client::generate_load(config, system_clock_instance()));
    }
    points.push_back(std::move(point));
  }
  return points;
}

double milliseconds(const client::LoadReport& run, double share) {
  return static_cast<double>(run.latency.quantile(share).count()) / 1e6;
}

std::string errors_text(const client::LoadReport& run) {
  std::string text;
  for (const auto& [kind, count] : run.errors) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  }
  return text.empty() ? "0" : text;
}

void print_text(const BenchOptions& options, const std::vector<Point>& points) {
  fmt::print("{} at {}, {}, {}, {} row(s) a request, {} run(s) of {} s, medians\n",
             options.server.server.model, options.server.server.url, options.protocol,
             options.mode == "open" ? fmt::format("open loop, {} requests/s", options.rate)
                                    : "closed loop",
             options.rows, options.runs, options.seconds);
  std::vector<std::vector<std::string>> rows;
  for (const Point& point : points) {
    const client::LoadReport& run = point.median();
    rows.push_back({fmt::format("{}", point.connections),
                    fmt::format("{:.0f}", run.requests_per_s()),
                    fmt::format("{:.0f}", run.requests_per_s() * static_cast<double>(options.rows)),
                    fmt::format("{:.3f}", milliseconds(run, 0.5)),
                    fmt::format("{:.3f}", milliseconds(run, 0.99)),
                    fmt::format("{:.3f}", milliseconds(run, 0.999)),
                    fmt::format("{:.3f}", milliseconds(run, 1)), errors_text(run)});
  }
  fmt::print("{}", client::table_text({"connections", "requests/s", "rows/s", "p50 ms", "p99 ms",
                                       "p99.9 ms", "max ms", "errors"},
                                      rows));
}

std::string run_json(const BenchOptions& options, const client::LoadReport& run) {
  std::string errors;
  for (const auto& [kind, count] : run.errors) {
    errors += fmt::format("{}{}:{}", errors.empty() ? "" : ",", log::json_quote(kind), count);
  }
  return fmt::format(
      R"({{"requests_per_s":{},"rows_per_s":{},"answered":{},"p50_ms":{},"p99_ms":{},"p999_ms":{},)"
      R"("max_ms":{},"most_waiting":{},"errors":{{{}}}}})",
      run.requests_per_s(), run.requests_per_s() * static_cast<double>(options.rows), run.answered,
      milliseconds(run, 0.5), milliseconds(run, 0.99), milliseconds(run, 0.999),
      milliseconds(run, 1), run.most_waiting, errors);
}

void print_json(const BenchOptions& options, const std::vector<Point>& points) {
  std::string results;
  for (const Point& point : points) {
    std::string runs;
    for (const client::LoadReport& run : point.runs) {
      runs += (runs.empty() ? "" : ",") + run_json(options, run);
    }
    results +=
        fmt::format(R"({}{{"connections":{},"median":{},"runs":[{}]}})", results.empty() ? "" : ",",
                    point.connections, run_json(options, point.median()), runs);
  }
  fmt::print(
      R"({{"model":{},"url":{},"protocol":"{}","mode":"{}","rate":{},"rows":{},"seconds":{},"points":[{}]}})"
      "\n",
      log::json_quote(options.server.server.model), log::json_quote(options.server.server.url),
      options.protocol, options.mode, options.rate, options.rows, options.seconds, results);
}

int run(const BenchOptions& options) {
  const auto points = measure(options);
  if (!points) return report_error(points.error(), options.output);
  if (options.output == "json") {
    print_json(options, *points);
  } else {
    print_text(options, *points);
  }
  const bool clean = std::ranges::all_of(*points, [](const Point& point) {
    return std::ranges::all_of(point.runs, [](const auto& each) { return each.errors.empty(); });
  });
  return clean ? kOk : kNegative;
}

Action declare(Options& options) {
  auto values = std::make_shared<BenchOptions>();
  options.text(values->server.server.model, "--model", "name, or name:version");
  options.required();
  client::declare_server(options, values->server);
  options.text(values->protocol, "--protocol", "how tensors travel");
  options.one_of({"http-json", "http-binary"});
  options.text(values->mode, "--mode",
               "closed: each connection sends after its answer; open: Poisson arrivals");
  options.one_of({"closed", "open"});
  options.text(values->connections, "--connections", "one measurement for each: 1,16,64");
  options.number(values->rate, "--rate", "requests per second of an open loop");
  options.number(values->seconds, "--seconds", "measured time of a run");
  options.number(values->warmup, "--warmup", "seconds of load before it");
  options.integer(values->runs, "--runs", "runs of each measurement; the median is shown");
  options.integer(values->rows, "--rows", "rows per request");
  options.integer(values->free_size, "--free-size",
                  "size of free dimensions behind the rows, for random inputs");
  options.integer(values->seed, "--seed", "of random inputs and of arrivals");
  options.text(values->data, "--data", "inputs from a table instead of random ones");
  options.text(values->features, "--features", "its columns of a feature matrix, a,b,c");
  options.text(values->json, "--json", "a protocol request body from FILE instead");
  options.flag(values->allow_remote, "--allow-remote", "the server may be another machine");
  declare_output(options, values->output);
  return [values] { return run(*values); };
}

}  // namespace

Command bench_serve_command() {
  return {.path = "bench serve",
          .summary = "Put load on a served model: throughput, p50, p99, p99.9, errors",
          .examples = {"temper bench serve --model flights --data flights.parquet",
                       "temper bench serve --model mlp --mode open --rate 2000 --connections 64"},
          .declare = declare,
          .hidden = false};
}

}  // namespace temper::cli
