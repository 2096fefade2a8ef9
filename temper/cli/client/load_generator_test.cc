#include "temper/cli/client/load_generator.h"

#include <gtest/gtest.h>

#include <atomic>

#include "temper/cli/client/http_client.h"
#include "temper/cli/client/scripted_server.h"

namespace temper::client {
namespace {

using std::chrono::milliseconds;

LoadConfig config_for(const ScriptedServer& server) {
  const Endpoint endpoint = server.endpoint();
  return {.endpoint = endpoint,
          .requests = {encode_request({.method = "POST", .target = "/", .headers = {}, .body = "q"},
                                      endpoint.authority())},
          .warmup = milliseconds(0),
          .duration = milliseconds(200),
          .timeout = milliseconds(2000)};
}

TEST(LoadGeneratorTest, AClosedLoopSendsAgainAfterEachAnswer) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("ok"); });
  LoadConfig config = config_for(server);
  config.connections = 4;
  const auto report = generate_load(config, system_clock_instance());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(report->answered, 20U);
  EXPECT_TRUE(report->errors.empty());
  EXPECT_EQ(report->latency.count(), report->answered);
  // Every request got its answer; those that came after the end are not measured.
  EXPECT_GE(server.requests().size(), report->answered);
  EXPECT_LE(server.requests().size(), report->answered + 4);
}

TEST(LoadGeneratorTest, AnOpenLoopSendsExactlyWhatItsSeedSays) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("ok"); });
  LoadConfig config = config_for(server);
  config.mode = LoadMode::kOpen;
  config.connections = 8;
  config.rate_per_s = 500;
  const auto first = generate_load(config, system_clock_instance());
  const auto second = generate_load(config, system_clock_instance());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->answered, second->answered);
  EXPECT_EQ(first->answered + second->answered, server.requests().size());
  EXPECT_EQ(first->error_count(), 0U);
}

TEST(LoadGeneratorTest, AnOpenLoopCountsTheWaitForAConnectionAsLatency) {
  // One connection and 20 ms a request, 500 requests/s: the queue grows, and its wait is seen.
  ScriptedServer server([](const std::string&) {
    sleep_for(milliseconds(20));
    return ScriptedServer::answer("ok");
  });
  LoadConfig config = config_for(server);
  config.mode = LoadMode::kOpen;
  config.rate_per_s = 500;
  config.duration = milliseconds(60);
  config.seed = 2;
  const auto report = generate_load(config, system_clock_instance());
  ASSERT_TRUE(report);
  ASSERT_GT(report->answered, 10U);
  EXPECT_GT(report->most_waiting, 5U);
  // The last of them waited for all before it, though each exchange took about 20 ms.
  EXPECT_GT(report->latency.max(), milliseconds(20) * (report->answered - 5) - milliseconds(60));
}

TEST(LoadGeneratorTest, CountsErrorsByKindAndKeepsTheirLatencyOut) {
  std::atomic<int> count = 0;
  ScriptedServer server([&count](const std::string&) {
    switch (++count % 4) {
      case 0:
        return std::string();
      case 1:
        return ScriptedServer::answer("busy", "503 Service Unavailable");
      case 2:
        return std::string("not http at all, and long enough to tell\r\n\r\n");
      default:
        return ScriptedServer::answer("ok");
    }
  });
  const auto report = generate_load(config_for(server), system_clock_instance());
  ASSERT_TRUE(report);
  EXPECT_GT(report->answered, 0U);
  EXPECT_GT(report->errors.at("status 503"), 0U);
  EXPECT_GT(report->errors.at("connection closed"), 0U);
  EXPECT_GT(report->errors.at("not HTTP"), 0U);
  EXPECT_EQ(report->latency.count(), report->answered);
}

TEST(LoadGeneratorTest, CountsARequestWithoutAnswerAsTimeout) {
  ScriptedServer server([](const std::string&) { return std::string("HTTP/1.1 200 OK\r\n"); });
  LoadConfig config = config_for(server);
  config.timeout = milliseconds(50);
  const auto report = generate_load(config, system_clock_instance());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->answered, 0U);
  EXPECT_GE(report->errors.at("timeout"), 1U);
}

TEST(LoadGeneratorTest, FollowsAServerThatClosesAfterEachAnswer) {
  ScriptedServer server([](const std::string&) {
    return ScriptedServer::answer("ok", "200 OK", "Connection: close\r\n");
  });
  const auto report = generate_load(config_for(server), system_clock_instance());
  ASSERT_TRUE(report);
  EXPECT_GT(report->answered, 5U);
  EXPECT_TRUE(report->errors.empty());
}

TEST(LoadGeneratorTest, SaysWhenNobodyAnswers) {
  LoadConfig config = config_for(ScriptedServer([](const std::string&) { return ""; }));
  config.duration = milliseconds(30);
  const auto report = generate_load(config, system_clock_instance());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
}

TEST(LoadGeneratorTest, RefusesAnOpenLoopWithoutARate) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("ok"); });
  LoadConfig config = config_for(server);
  config.mode = LoadMode::kOpen;
  const auto report = generate_load(config, system_clock_instance());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::client
