#include "temper/cli/client/http_client.h"

#include <gtest/gtest.h>

#include <atomic>

#include "temper/cli/client/scripted_server.h"

namespace temper::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HttpClientTest, SendsHeadersAndBodyAndReadsTheAnswer) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("{}"); });
  HttpClient http(server.endpoint(), seconds(5));
  const auto response =
      http.send({.method = "POST", .target = "/x", .headers = {{"A", "b"}}, .body = "data"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(server.requests().at(0), "POST /x HTTP/1.1\r\nHost: " + server.endpoint().authority() +
                                         "\r\nA: b\r\nContent-Length: 4\r\n\r\ndata");
}

TEST(HttpClientTest, GivesErrorStatusesAsAnswers) {
  ScriptedServer server(
      [](const std::string&) { return ScriptedServer::answer("no", "404 Not Found"); });
  HttpClient http(server.endpoint(), seconds(5));
  EXPECT_EQ(http.send({})->status, 404);
}

TEST(HttpClientTest, NamesTheServerThatDoesNotAnswer) {
  Endpoint gone = ScriptedServer([](const std::string&) { return ""; }).endpoint();
  HttpClient http(gone, seconds(5));
  const auto response = http.send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(response.error().message.find(gone.authority()), std::string::npos);
}

TEST(HttpClientTest, OpensAKeptConnectionAgainOnce) {
  std::atomic<int> count = 0;
  ScriptedServer server([&count](const std::string&) {
    // The second request meets a server that closes instead of answering.
    return ++count == 2 ? std::string() : ScriptedServer::answer("ok");
  });
  HttpClient http(server.endpoint(), seconds(5));
  EXPECT_TRUE(http.send({}));
  EXPECT_TRUE(http.send({}));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(HttpClientTest, DoesNotRepeatARequestOnAFreshConnection) {
  ScriptedServer server([](const std::string&) { return std::string(); });
  HttpClient http(server.endpoint(), seconds(5));
  const auto response = http.send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpClientTest, GivesUpAfterItsTimeout) {
  ScriptedServer server([](const std::string&) { return std::string("HTTP/1.1 200 OK\r\n"); });
  HttpClient http(server.endpoint(), milliseconds(20));
  const auto response = http.send({});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(HttpClientTest, RefusesBytesThatBelongToNoRequest) {
  ScriptedServer server(
      [](const std::string&) { return ScriptedServer::answer("ok") + "HTTP/1.1 200"; });
  HttpClient http(server.endpoint(), seconds(5));
  EXPECT_FALSE(http.send({}));
}

}  // namespace
}  // namespace temper::client
