#include "temper/cli/client/feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temper/cli/client/scripted_server.h"

namespace temper::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Predictions of `rows` events, all answered but event 1.
PredictionColumns predictions(std::size_t rows) {
  oip::InferReply reply;
  reply.model_version = "1";
  const std::vector<std::int64_t> labels(1, 0);
  reply.outputs.push_back(
      {"label", Tensor::copy_of(DataType::kInt64, {1}, std::as_bytes(std::span(labels)))});
  reply.parameters.push_back({.name = "temper_prediction_id", .value = std::string("ID")});
  PredictionColumns columns = *PredictionColumns::create(reply, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (row == 1) continue;
    EXPECT_TRUE(columns.put(reply, row, 1));
  }
  return columns;
}

TEST(FeedbackTest, SendsTheLabelsOfAnsweredEvents) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("{}"); });
  const auto label = data::Column::of_bools("late", {1, 1, 0});
  const auto time = data::Column::of_timestamps("at", {5, 6, 7});
  const auto sent = send_feedback({.url = server.url(), .model = {}, .api_key = "k"}, label, &time,
                                  predictions(3));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(*sent, 2U);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], HasSubstr("POST /v1/feedback"));
  EXPECT_THAT(requests[0], HasSubstr("temper-api-key: k"));
  EXPECT_THAT(requests[0], HasSubstr(R"([{"prediction_id":"ID/0","label":"1","observed_at":5},)"));
  EXPECT_THAT(requests[0], HasSubstr(R"("label":"0","observed_at":7}])"));
  EXPECT_THAT(requests[0], Not(HasSubstr("\"observed_at\":6")));
}

TEST(FeedbackTest, CutsIntoSeveralBodies) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::answer("{}"); });
  const auto label = data::Column::of_integers("y", std::vector<std::int64_t>(4'500, 1));
  const auto sent = send_feedback({.url = server.url(), .model = {}, .api_key = {}}, label, nullptr,
                                  predictions(4'500));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(*sent, 4'499U);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(FeedbackTest, SaysWhatTheServerSays) {
  ScriptedServer server([](const std::string&) {
    return ScriptedServer::answer(R"({"error":"no such prediction"})", "400 Bad Request");
  });
  const auto label = data::Column::of_integers("y", {1});
  const auto sent = send_feedback({.url = server.url(), .model = {}, .api_key = {}}, label, nullptr,
                                  predictions(1));
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("no such prediction"));
}

}  // namespace
}  // namespace temper::client
