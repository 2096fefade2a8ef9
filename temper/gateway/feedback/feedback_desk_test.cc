#include "temper/gateway/feedback/feedback_desk.h"

#include <gtest/gtest.h>

#include <future>

#include "temper/record/streams/memory/memory_streams.h"
#include "temper/record/worker/event_json.h"

namespace temper::gateway {
namespace {

std::vector<stores::FeedbackRecord> label(const std::string& id) {
  return {{.prediction_id = id, .row = 0, .label = "1", .observed_at_ns = 1, .source = "s"}};
}

TEST(FeedbackDeskTest, AnswersWhenTheEntryIsOnTheStream) {
  const auto streams = std::move(*streams::MemoryStreams::create({}));
  streams::Stream* stream = *streams->open("FEEDBACK");
  FeedbackDesk desk(*stream, "p");
  std::vector<std::future<Status>> answers;
  for (int k = 0; k < 20; ++k) {
    auto promise = std::make_shared<std::promise<Status>>();
    answers.push_back(promise->get_future());
    desk.submit(label(std::to_string(k)), [promise](Status done) { promise->set_value(done); });
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  const auto entries = stream->range({}, streams::kLastPossibleId, 100);
  ASSERT_EQ(entries->size(), 20U);
  EXPECT_EQ(record::parse_feedback((*entries)[19].bytes)->front().prediction_id, "19");
}

TEST(FeedbackDeskTest, NothingNeedsNoStream) {
  const auto streams = std::move(*streams::MemoryStreams::create({}));
  streams::Stream* stream = *streams->open("FEEDBACK");
  FeedbackDesk desk(*stream, "p");
  bool done = false;
  desk.submit({}, [&done](const Status& status) { done = status.has_value(); });
  EXPECT_TRUE(done);
  EXPECT_EQ(stream->info()->entries, 0U);
}

TEST(FeedbackDeskTest, SaysWhenTheStreamIsFull) {
  const auto streams = std::move(*streams::MemoryStreams::create({.max_entries = 1}));
  streams::Stream* stream = *streams->open("FEEDBACK");
  FeedbackDesk desk(*stream, "p");
  std::promise<Status> first;
  std::promise<Status> second;
  desk.submit(label("a"), [&first](Status done) { first.set_value(std::move(done)); });
  ASSERT_TRUE(first.get_future().get());
  desk.submit(label("b"), [&second](Status done) { second.set_value(std::move(done)); });
  const Status refused = second.get_future().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
}

TEST(FeedbackDeskTest, TheEndAnswersEverybody) {
  const auto streams = std::move(*streams::MemoryStreams::create({}));
  std::atomic<int> answered{0};
  {
    FeedbackDesk desk(**streams->open("FEEDBACK"), "p");
    for (int k = 0; k < 100; ++k) desk.submit(label("a"), [&answered](Status) { ++answered; });
  }
  EXPECT_EQ(answered.load(), 100);
}

}  // namespace
}  // namespace temper::gateway
