#include "temper/record/worker/stream_consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "temper/record/streams/memory/memory_streams.h"

namespace temper::record {
namespace {

using ::testing::ElementsAre;

/// What a handler was given, and how it answers.
class Handler {
 public:
  Status operator()(std::span<const streams::Entry> entries) {
    const std::scoped_lock lock(mutex_);
    ++calls_;
    for (const streams::Entry& entry : entries) {
      if (const auto failure = failures_.find(entry.bytes); failure != failures_.end()) {
        if (failure->second.code != ErrorCode::kUnavailable || attempts_left_ == 0) {
          if (failure->second.code != ErrorCode::kUnavailable) {
            return std::unexpected(failure->second);
          }
        } else {
          --attempts_left_;
          return std::unexpected(failure->second);
        }
      }
    }
    for (const streams::Entry& entry : entries) taken_.push_back(entry.bytes);
    return {};
  }
  void fail_on(const std::string& bytes, ErrorCode code, int attempts = 0) {
    const std::scoped_lock lock(mutex_);
    failures_[bytes] = {.code = code, .message = "told to fail"};
    attempts_left_ = attempts;
  }
  std::vector<std::string> taken() {
    const std::scoped_lock lock(mutex_);
    return taken_;
  }

 private:
  std::mutex mutex_;
  // guarded by mutex_
  std::vector<std::string> taken_;
  std::map<std::string, Error> failures_;
  int attempts_left_ = 0;
  int calls_ = 0;
};

class StreamConsumerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    streams_ = std::move(*streams::MemoryStreams::create({}));
    stream_ = *streams_->open("S");
  }
  void append(const std::string& bytes) { ASSERT_TRUE(stream_->append(bytes)); }
  std::unique_ptr<StreamConsumer> consumer(bool sole_reader = true) {
    return std::make_unique<StreamConsumer>(
        *stream_,
        ConsumerConfig{
            .group = "g", .consumer = "me", .max_entries = 10, .sole_reader = sole_reader},
        [this](std::span<const streams::Entry> entries) { return handler_(entries); },
        system_clock_instance());
  }
  static void wait_for(const StreamConsumer& consumer, std::uint64_t handled) {
    while (consumer.handled() < handled) sleep_for(std::chrono::milliseconds(1));
  }

  std::unique_ptr<streams::MemoryStreams> streams_;
  streams::Stream* stream_ = nullptr;
  Handler handler_;
};

TEST_F(StreamConsumerTest, HandlesInOrderWhatWasThereAndWhatComes) {
  append("a");
  append("b");
  const auto tested = consumer();
  wait_for(*tested, 2);
  append("c");
  wait_for(*tested, 3);
  EXPECT_THAT(handler_.taken(), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(stream_->pending("g", 10)->empty());
}

TEST_F(StreamConsumerTest, WaitsWithWhatCannotBeHandledNow) {
  handler_.fail_on("a", ErrorCode::kUnavailable, 3);
  append("a");
  append("b");
  const auto tested = consumer();
  wait_for(*tested, 2);
  EXPECT_THAT(handler_.taken(), ElementsAre("a", "b"));
  EXPECT_EQ(tested->refused(), 0U);
}

TEST_F(StreamConsumerTest, GivesUpTheOneEntryThatNeverWorks) {
  handler_.fail_on("b", ErrorCode::kInvalidArgument);
  for (const char* bytes : {"a", "b", "c"}) append(bytes);
  const auto tested = consumer();
  wait_for(*tested, 3);
  EXPECT_THAT(handler_.taken(), ElementsAre("a", "c"));
  EXPECT_EQ(tested->refused(), 1U);
}

TEST_F(StreamConsumerTest, TakesOverWhatAnEarlierLifeLeft) {
  append("a");
  ASSERT_TRUE(stream_->create_group("g", streams::GroupStart::kFromBeginning));
  ASSERT_EQ(stream_->read({.group = "g", .consumer = "before"})->size(), 1U);
  append("b");
  const auto tested = consumer();
  wait_for(*tested, 2);
  EXPECT_THAT(handler_.taken(), ElementsAre("a", "b"));
}

TEST_F(StreamConsumerTest, LeavesABrothersFreshEntriesAlone) {
  append("a");
  ASSERT_TRUE(stream_->create_group("g", streams::GroupStart::kFromBeginning));
  ASSERT_EQ(stream_->read({.group = "g", .consumer = "brother"})->size(), 1U);
  append("b");
  {
    const auto tested = consumer(/*sole_reader=*/false);
    wait_for(*tested, 1);
  }
  EXPECT_THAT(handler_.taken(), ElementsAre("b"));
  EXPECT_EQ(stream_->pending("g", 10)->size(), 1U);
}

TEST_F(StreamConsumerTest, WhatWasNotHandledBeforeTheEndStaysPending) {
  handler_.fail_on("a", ErrorCode::kResourceExhausted);
  handler_.fail_on("a", ErrorCode::kUnavailable, 1'000'000);
  append("a");
  {
    const auto tested = consumer();
    while (stream_->pending("g", 1).value_or(std::vector<streams::PendingEntry>{}).empty()) {
      sleep_for(std::chrono::milliseconds(1));
    }
  }
  EXPECT_EQ(stream_->pending("g", 10)->size(), 1U);
  EXPECT_TRUE(handler_.taken().empty());
}

}  // namespace
}  // namespace temper::record
