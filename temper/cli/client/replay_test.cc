#include "temper/cli/client/replay.h"

#include <gtest/gtest.h>

#include <atomic>

#include "temper/cli/client/scripted_server.h"

namespace temper::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kHour = 3'600LL * 1'000'000'000;

constexpr std::string_view kMetadata =
    R"({"name":"m","versions":["1"],"platform":"onnxruntime_onnx",)"
    R"("inputs":[{"name":"x","datatype":"INT64","shape":[-1,1]}],)"
    R"("outputs":[{"name":"y","datatype":"INT64","shape":[-1,1]}]})";

/// What follows `"data":[` in a JSON request of one input.
std::string data_of(const std::string& request) {
  const std::size_t at = request.rfind("[");
  return request.substr(at + 1, request.find(']', at) - at - 1);
}

/// Echoes the rows of its input.
std::string echo(const std::string& request) {
  if (request.starts_with("GET ")) return ScriptedServer::answer(kMetadata);
  const std::string data = data_of(request);
  const auto rows = 1 + std::count(data.begin(), data.end(), ',');
  return ScriptedServer::answer(
      fmt::format(R"({{"model_name":"m","model_version":"1","outputs":[{{"name":"y",)"
                  R"("datatype":"INT64","shape":[{},1],"data":[{}]}}]}})",
                  rows, data));
}

/// Events 0, 1, 2, ... an hour apart.
struct Recording {
  data::Table table;
  std::optional<TableInputs> inputs;
  std::optional<ModelClient> model;
  Events events;

  Recording(const ScriptedServer& server, std::int64_t rows) {
    std::vector<std::int64_t> x;
    std::vector<std::int64_t> time;
    for (std::int64_t k = 0; k < rows; ++k) {
      x.push_back(k);
      time.push_back(k * kHour);
    }
    table.columns = {data::Column::of_integers("x", x), data::Column::of_timestamps("at", time)};
    model.emplace(*ModelClient::connect(
        {.url = server.url(), .model = "m", .api_key = {}, .timeout = seconds(5)}));
    inputs.emplace(*TableInputs::create(model->signature(), table, {}));
    events = {.table = &table, .inputs = &*inputs, .time = &table.columns[1]};
  }
};

ReplayConfig json_config() {
  ReplayConfig config;
  config.binary = false;
  config.retry.first_wait = milliseconds(1);
  return config;
}

TEST(ReplayTest, AnswersLieAtTheirEvents) {
  ScriptedServer server(echo);
  const Recording recording(server, 103);
  ReplayConfig config = json_config();
  config.batch = 5;
  const auto report =
      replay(*recording.model, recording.events, config, system_clock_instance(), nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->answered, 103U);
  EXPECT_EQ(report->latency.count(), 21U);
  for (std::size_t row = 0; row < 103; ++row) {
    EXPECT_EQ(report->predictions->columns()[0].integer(row), static_cast<std::int64_t>(row));
  }
}

TEST(ReplayTest, OneConnectionSendsInTheOrderOfTheEventsWithTheirTime) {
  ScriptedServer server(echo);
  const Recording recording(server, 20);
  ReplayConfig config = json_config();
  config.connections = 1;
  ASSERT_TRUE(replay(*recording.model, recording.events, config, system_clock_instance(), nullptr));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 21U);
  for (std::int64_t k = 0; k < 20; ++k) {
    const std::string& request = requests[static_cast<std::size_t>(k) + 1];
    EXPECT_EQ(data_of(request), std::to_string(k));
    EXPECT_NE(request.find(fmt::format("\"temper_event_time_ns\":{}", k * kHour)),
              std::string::npos);
  }
}

TEST(ReplayTest, LosesNothingToOverload) {
  std::atomic<int> count = 0;
  ScriptedServer server([&count](const std::string& request) {
    if (++count % 3 == 0) {
      return ScriptedServer::answer(R"({"error":"busy"})", "429 Too Many Requests",
                                    "temper-retry-after-ms: 1\r\n");
    }
    return echo(request);
  });
  const Recording recording(server, 60);
  const auto report =
      replay(*recording.model, recording.events, json_config(), system_clock_instance(), nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->answered, 60U);
  EXPECT_GT(report->retries, 0U);
  for (std::size_t row = 0; row < 60; ++row) EXPECT_TRUE(report->predictions->is_answered(row));
}

TEST(ReplayTest, CountsRefusedEventsAndGoesOn) {
  ScriptedServer server([](const std::string& request) {
    if (request.starts_with("POST ") && data_of(request) == "7") {
      return ScriptedServer::answer(R"({"error":"seven is odd"})", "400 Bad Request");
    }
    return echo(request);
  });
  const Recording recording(server, 20);
  const auto report =
      replay(*recording.model, recording.events, json_config(), system_clock_instance(), nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->answered, 19U);
  EXPECT_EQ(report->refused, 1U);
  EXPECT_EQ(report->first_refusal, "event 7: HTTP status 400: seven is odd");
  EXPECT_FALSE(report->predictions->is_answered(7));
}

TEST(ReplayTest, EndsWhenTheModelGoesAway) {
  ScriptedServer server([](const std::string& request) {
    if (request.starts_with("GET ")) return ScriptedServer::answer(kMetadata);
    return ScriptedServer::answer(R"({"error":"no such model"})", "404 Not Found");
  });
  const Recording recording(server, 20);
  const auto report =
      replay(*recording.model, recording.events, json_config(), system_clock_instance(), nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
}

TEST(ReplayTest, EndsWhenPatienceIsSpent) {
  ScriptedServer server([](const std::string& request) {
    if (request.starts_with("GET ")) return ScriptedServer::answer(kMetadata);
    return ScriptedServer::answer(R"({"error":"down"})", "503 Service Unavailable");
  });
  const Recording recording(server, 20);
  ReplayConfig config = json_config();
  config.retry.patience = milliseconds(5);
  const auto report =
      replay(*recording.model, recording.events, config, system_clock_instance(), nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
}

TEST(ReplayTest, PaceFollowsRateOrEventTime) {
  ScriptedServer server(echo);
  const Recording recording(server, 4);
  ReplayConfig config;
  EXPECT_FALSE(due_after(config, recording.events, 3));
  config.rate_per_s = 10;
  EXPECT_EQ(due_after(config, recording.events, 3), milliseconds(300));
  config.rate_per_s = 0;
  config.speed = 3600;
  EXPECT_EQ(due_after(config, recording.events, 3), seconds(3));
}

TEST(ReplayTest, RefusesAConfigurationThatMeansNothing) {
  EXPECT_FALSE(ReplayConfig{.connections = 0}.validate());
  EXPECT_FALSE(ReplayConfig{.batch = 0}.validate());
  EXPECT_FALSE((ReplayConfig{.rate_per_s = 1, .speed = 1}).validate());
  EXPECT_FALSE(ReplayConfig{.rate_per_s = -1}.validate());
  EXPECT_TRUE(ReplayConfig{}.validate());
}

}  // namespace
}  // namespace temper::client
