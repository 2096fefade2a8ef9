// temper infer: one inference, with an answer people can read.

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "temper/cli/client/model_client.h"
#include "temper/cli/client/random_inputs.h"
#include "temper/cli/client/render.h"
#include "temper/cli/client/server_options.h"
#include "temper/cli/client/table_inputs.h"
#include "temper/cli/commands.h"
#include "temper/core/file.h"
#include "temper/data/read.h"

namespace temper::cli {
namespace {

struct InferOptions {
  client::ServerFlags server;
  std::string json;
  std::string data;
  std::string rows = "0";
  std::string features;
  bool random = false;
  std::int64_t random_rows = 1;
  std::int64_t seed = 1;
  bool binary = false;
  std::string output;
};

Result<std::string> read_input(const std::string& path) {
  if (path != "-") return read_file(path);
  std::string text;
  char buffer[64 << 10];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, got);
  }
  return text;
}

Result<std::vector<oip::NamedTensor>> table_tensors(const InferOptions& options,
                                                    const Signature& signature) {
  TEMPER_TRY(const client::RowRange range, client::parse_row_range(options.rows));
  data::ReadOptions read;
  read.max_rows = range.end.value_or(0);
  TEMPER_TRY(const data::Table table, data::read_table(options.data, read));
  const std::size_t end = std::min(range.end.value_or(table.rows()), table.rows());
  if (range.first >= end) {
    return fail(ErrorCode::kInvalidArgument, "rows '{}': '{}' has {} rows", options.rows,
                options.data, table.rows());
  }
  TEMPER_TRY(const client::TableInputs inputs,
             client::TableInputs::create(
                 signature, table,
                 {.features = client::split_names(options.features), .not_features = {}}));
  return inputs.build(table, range.first, end - range.first);
}

Result<oip::InferReply> infer(const InferOptions& options) {
  const int sources =
      (options.json.empty() ? 0 : 1) + (options.data.empty() ? 0 : 1) + (options.random ? 1 : 0);
  if (sources != 1) {
    return fail(ErrorCode::kInvalidArgument,
                "say where the inputs come from: one of --json FILE, --data FILE, --random");
  }
  TEMPER_TRY(const client::ServerOptions server, client::server_options(options.server));
  TEMPER_TRY(client::ModelClient model, client::ModelClient::connect(server));
  if (!options.json.empty()) {
    TEMPER_TRY(std::string body, read_input(options.json));
    return model.infer(oip::EncodedCall{.body = std::move(body), .json_size = std::nullopt});
  }
  std::vector<oip::NamedTensor> tensors;
  if (options.random) {
    Rng rng(static_cast<std::uint64_t>(options.seed));
    client::RandomInputsConfig config;
    config.rows = options.random_rows;
    TEMPER_TRY(tensors, client::random_inputs(model.signature(), config, rng));
  } else {
    TEMPER_TRY(tensors, table_tensors(options, model.signature()));
  }
  return model.infer(oip::InferCall{
      .id = {}, .inputs = tensors, .outputs = {}, .parameters = {}, .binary = options.binary});
}

int run(const InferOptions& options) {
  const auto reply = infer(options);
  if (!reply) return report_error(reply.error(), options.output);
  if (options.output == "json") {
    const auto json = client::reply_json(*reply);
    if (!json) return report_error(json.error(), options.output);
    fmt::print("{}\n", *json);
  } else {
    fmt::print("{}", client::reply_text(*reply));
  }
  return kOk;
}

}  // namespace

Command infer_command() {
  return {.path = "infer",
          .summary = "Ask a served model for one inference",
          .examples = {"temper infer flights --data flights.parquet --rows 0..5",
                       "temper infer flights:2 --random --output json",
                       "echo '{\"inputs\":[...]}' | temper infer flights --json -"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<InferOptions>();
            options.text(values->server.server.model, "MODEL", "name, or name:version");
            options.required();
            client::declare_server(options, values->server);
            options.text(values->json, "--json",
                         "a protocol request body from FILE, or - for stdin");
            options.text(values->data, "--data",
                         "inputs from the columns of a CSV, Parquet or JSON table");
            options.text(values->rows, "--rows", "rows of the table: A..B, A.. or A, from 0");
            options.text(values->features, "--features",
                         "columns of a feature matrix, a,b,c; none: all, in the table's order");
            options.flag(values->random, "--random", "inputs drawn at random");
            options.integer(values->random_rows, "--random-rows", "rows of random inputs");
            options.integer(values->seed, "--seed", "of the random inputs");
            options.flag(values->binary, "--binary", "tensors as raw bytes instead of JSON");
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
