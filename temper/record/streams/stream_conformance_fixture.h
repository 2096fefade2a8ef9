// What every stream adapter must do: one suite, instantiated by each adapter's test.
//
// An adapter's test derives from StreamsUnderTest and says
//   INSTANTIATE_TEST_SUITE_P(Memory, StreamConformanceTest, testing::Values(&make_memory_streams));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/rng.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

/// A store in a place of its own, with limits of the test's choice.
class StreamsUnderTest {
 public:
  virtual ~StreamsUnderTest() = default;
  virtual StreamStore& store() = 0;
  /// Closes the store and opens it again, as after an orderly end; false where nothing can survive.
  virtual bool restart() = 0;
  /// Lets time pass for ids and idle times.
  virtual void advance(Duration step) = 0;
  virtual WallTime now() = 0;
};

using MakeStreams = std::unique_ptr<StreamsUnderTest> (*)(const StreamLimits& limits);

class StreamConformanceTest : public testing::TestWithParam<MakeStreams> {
 protected:
  static constexpr std::string_view kGroup = "workers";

  void start(const StreamLimits& limits = {}) {
    under_test_ = GetParam()(limits);
    ASSERT_NE(under_test_, nullptr);
  }
  Stream& stream(std::string_view name = "EVENTS") {
    return *under_test_->store().open(name).value();
  }
  void advance(Duration step) { under_test_->advance(step); }

  EntryId add(std::string_view bytes) {
    const Result<Appended> appended = stream().append(bytes);
    EXPECT_TRUE(appended.has_value()) << appended.error().message;
    return appended ? appended->id : EntryId{};
  }
  void create_group(GroupStart start = GroupStart::kFromBeginning) {
    ASSERT_TRUE(stream().create_group(kGroup, start).has_value());
  }
  std::vector<Delivery> read(std::string_view consumer, std::size_t max_entries = 100) {
    const auto got = stream().read({.group = std::string(kGroup),
                                    .consumer = std::string(consumer),
                                    .max_entries = max_entries});
    EXPECT_TRUE(got.has_value()) << got.error().message;
    return got.value_or(std::vector<Delivery>{});
  }
  std::vector<Delivery> claim(std::string_view consumer, Duration min_idle) {
    const auto got = stream().claim({.group = std::string(kGroup),
                                     .consumer = std::string(consumer),
                                     .min_idle = min_idle,
                                     .max_entries = 100});
    EXPECT_TRUE(got.has_value()) << got.error().message;
    return got.value_or(std::vector<Delivery>{});
  }
  std::uint64_t acknowledge(const std::vector<EntryId>& ids) {
    const auto done = stream().acknowledge(kGroup, ids);
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done.value_or(0);
  }
  static std::vector<std::string> texts(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> found;
    for (const Delivery& delivery : deliveries) found.push_back(delivery.entry.bytes);
    return found;
  }
  static std::vector<EntryId> ids(const std::vector<Delivery>& deliveries) {
    std::vector<EntryId> found;
    for (const Delivery& delivery : deliveries) found.push_back(delivery.entry.id);
    return found;
  }

  std::unique_ptr<StreamsUnderTest> under_test_;
};

using Texts = std::vector<std::string>;

TEST_P(StreamConformanceTest, RecordsComeBackByteForByteInOrder) {
  start();
  create_group();
  std::string all_bytes(256, '\0');
  for (std::size_t i = 0; i < all_bytes.size(); ++i) all_bytes[i] = static_cast<char>(i);
  const EntryId first = add(all_bytes);
  const EntryId second = add("");
  const EntryId third = add("third");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  const std::vector<Delivery> got = read("a");
  EXPECT_EQ(texts(got), (Texts{all_bytes, "", "third"}));
  EXPECT_EQ(ids(got), (std::vector<EntryId>{first, second, third}));
}

TEST_P(StreamConformanceTest, IdsFollowTheClockAndGrowWhileItStands) {
  start();
  const EntryId first = add("1");
  const EntryId second = add("2");
  EXPECT_EQ(second.time_ms, first.time_ms);
  advance(std::chrono::milliseconds(20));
  const EntryId third = add("3");
  EXPECT_GE(third.time_ms, second.time_ms + 20);
  EXPECT_GE(first, EntryId::first_at(under_test_->now() - std::chrono::milliseconds(20)));
}

TEST_P(StreamConformanceTest, ConsumersOfAGroupShareAndGroupsDoNot) {
  start();
  create_group();
  ASSERT_TRUE(stream().create_group("other", GroupStart::kFromBeginning).has_value());
  for (const char* text : {"1", "2", "3"}) add(text);
  EXPECT_EQ(texts(read("a", 2)), (Texts{"1", "2"}));
  EXPECT_EQ(texts(read("b", 2)), (Texts{"3"}));
  EXPECT_EQ(read("a").size(), 0U);
  EXPECT_EQ(stream().read({.group = "other", .consumer = "a"})->size(), 3U);
}

TEST_P(StreamConformanceTest, AGroupFromTheEndIsGivenOnlyWhatComesLater) {
  start();
  add("before");
  create_group(GroupStart::kFromEnd);
  EXPECT_EQ(read("a").size(), 0U);
  add("after");
  EXPECT_EQ(texts(read("a")), (Texts{"after"}));
}

TEST_P(StreamConformanceTest, CreatingAGroupAgainKeepsItsPlace) {
  start();
  create_group();
  add("1");
  EXPECT_EQ(read("a").size(), 1U);
  create_group();
  EXPECT_EQ(read("a").size(), 0U);
}

TEST_P(StreamConformanceTest, UnknownGroupsAreNotFound) {
  start();
  add("1");
  EXPECT_EQ(stream().read({.group = "none", .consumer = "a"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(stream().claim({.group = "none", .consumer = "a"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(stream().pending("none", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(stream().remove_group("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(stream().acknowledge("none", std::vector<EntryId>{{1, 1}}).error().code,
            ErrorCode::kNotFound);
}

TEST_P(StreamConformanceTest, AnAcknowledgementCountsOnce) {
  start();
  create_group();
  add("1");
  add("2");
  const std::vector<EntryId> got = ids(read("a"));
  EXPECT_EQ(acknowledge({got.front()}), 1U);
  EXPECT_EQ(acknowledge(got), 1U);
  EXPECT_EQ(acknowledge(got), 0U);
  EXPECT_EQ(stream().pending(kGroup, 10)->size(), 0U);
  EXPECT_EQ(claim("b", Duration{0}).size(), 0U);
}

TEST_P(StreamConformanceTest, PendingNamesTheConsumerTheIdleTimeAndTheDeliveries) {
  start();
  create_group();
  const EntryId id = add("1");
  read("a");
  advance(std::chrono::milliseconds(30));
  const std::vector<PendingEntry> pending = stream().pending(kGroup, 10).value();
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending.front().id, id);
  EXPECT_EQ(pending.front().consumer, "a");
  EXPECT_EQ(pending.front().deliveries, 1U);
  EXPECT_GE(pending.front().idle, std::chrono::milliseconds(30));
}

TEST_P(StreamConformanceTest, StaleEntriesAreClaimedFreshOnesAreNot) {
  start();
  create_group();
  add("stale");
  read("a");
  advance(std::chrono::milliseconds(200));
  add("fresh");
  read("a");
  const std::vector<Delivery> claimed = claim("b", std::chrono::milliseconds(150));
  ASSERT_EQ(texts(claimed), (Texts{"stale"}));
  EXPECT_EQ(claimed.front().deliveries, 2U);
  EXPECT_EQ(claim("c", std::chrono::milliseconds(150)).size(), 0U) << "its idle time began anew";
  EXPECT_EQ(acknowledge(ids(claimed)), 1U);
}

TEST_P(StreamConformanceTest, RangeLooksWithoutAGroup) {
  start();
  std::vector<EntryId> all;
  for (int i = 0; i < 5; ++i) all.push_back(add(std::to_string(i)));
  const std::vector<Entry> middle = stream().range(all[1], all[3], 100).value();
  ASSERT_EQ(middle.size(), 3U);
  EXPECT_EQ(middle.front().bytes, "1");
  EXPECT_EQ(middle.back().bytes, "3");
  EXPECT_EQ(stream().range({}, kLastPossibleId, 2)->size(), 2U);
  EXPECT_EQ(stream().range(all[4].next(), kLastPossibleId, 2)->size(), 0U);
}

TEST_P(StreamConformanceTest, TrimRemovesByTimeWhatIsAcknowledged) {
  start();
  create_group();
  add("old");
  add("older than the limit too");
  advance(std::chrono::milliseconds(50));
  acknowledge(ids(read("a")));
  const TrimResult trimmed = stream().trim_before(under_test_->now()).value();
  EXPECT_EQ(trimmed, (TrimResult{.removed = 2, .kept = 0}));
  const StreamInfo info = stream().info().value();
  EXPECT_EQ(info.entries, 0U);
  EXPECT_EQ(info.bytes, 0U);
  const EntryId next = add("new");
  EXPECT_GT(next, info.last) << "ids grow across a trim";
  EXPECT_EQ(texts(read("a")), (Texts{"new"}));
}

TEST_P(StreamConformanceTest, TrimKeepsWhatAGroupStillNeeds) {
  start();
  create_group();
  add("unread");
  advance(std::chrono::milliseconds(50));
  EXPECT_EQ(stream().trim_before(under_test_->now()).value(),
            (TrimResult{.removed = 0, .kept = 1}));
  const std::vector<Delivery> got = read("a");
  EXPECT_EQ(texts(got), (Texts{"unread"}));
  EXPECT_EQ(stream().trim_before(under_test_->now())->removed, 0U) << "pending";
  acknowledge(ids(got));
  EXPECT_EQ(stream().trim_before(under_test_->now())->removed, 1U);
}

TEST_P(StreamConformanceTest, ARemovedGroupHoldsNothingBack) {
  start();
  create_group();
  add("unread");
  advance(std::chrono::milliseconds(50));
  ASSERT_TRUE(stream().remove_group(kGroup).has_value());
  EXPECT_EQ(stream().trim_before(under_test_->now())->removed, 1U);
}

TEST_P(StreamConformanceTest, TrimKeepsTheYounger) {
  start();
  add("old");
  advance(std::chrono::milliseconds(50));
  const WallTime limit = under_test_->now();
  add("young");
  EXPECT_LE(stream().trim_before(limit)->removed, 1U);
  const std::vector<Entry> left = stream().range({}, kLastPossibleId, 10).value();
  ASSERT_FALSE(left.empty());
  EXPECT_EQ(left.back().bytes, "young");
}

TEST_P(StreamConformanceTest, AFullStreamRefusesAndEvictsNothing) {
  start({.max_entries = 3});
  create_group();
  for (const char* text : {"1", "2", "3"}) add(text);
  EXPECT_EQ(stream().append("4").error().code, ErrorCode::kResourceExhausted);
  const std::vector<Delivery> got = read("a");
  EXPECT_EQ(texts(got), (Texts{"1", "2", "3"}));
  acknowledge(ids(got));
  advance(std::chrono::milliseconds(50));
  ASSERT_TRUE(stream().trim_before(under_test_->now()).has_value());
  add("4");
  EXPECT_EQ(texts(read("a")), (Texts{"4"}));
}

TEST_P(StreamConformanceTest, TheBoundOnBytesHolds) {
  start({.max_bytes = 100, .max_entry_bytes = 80});
  add(std::string(60, 'x'));
  EXPECT_EQ(stream().append(std::string(41, 'x')).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(stream().append(std::string(81, 'x')).error().code, ErrorCode::kInvalidArgument);
  add(std::string(40, 'x'));
  EXPECT_EQ(stream().info()->bytes, 100U);
}

TEST_P(StreamConformanceTest, AnAppendWaitsForRoomThatATrimMakes) {
  start({.max_entries = 1});
  add("first");
  advance(std::chrono::milliseconds(50));
  std::thread waiter([this] {
    const auto appended = stream().append("second", {.wait_for_room = std::chrono::seconds(60)});
    EXPECT_TRUE(appended.has_value()) << appended.error().message;
  });
  // Whether the trim comes before or after the waiting began, the append succeeds.
  EXPECT_EQ(stream().trim_before(under_test_->now())->removed, 1U);
  waiter.join();
  EXPECT_EQ(stream().range({}, kLastPossibleId, 10)->front().bytes, "second");
}

TEST_P(StreamConformanceTest, AWaitingAppendStopsOnRequest) {
  start({.max_entries = 1});
  add("first");
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const auto appended = stream().append(
      "second", {.wait_for_room = std::chrono::hours(1), .stop = source.get_token()});
  EXPECT_EQ(appended.error().code, ErrorCode::kCancelled);
}

TEST_P(StreamConformanceTest, AWaitingReadSeesANewRecord) {
  start();
  create_group();
  std::jthread appender([this] { add("late"); });
  const auto got = stream().read({.group = std::string(kGroup),
                                  .consumer = "a",
                                  .max_entries = 10,
                                  .wait = std::chrono::seconds(60)});
  EXPECT_EQ(texts(got.value()), (Texts{"late"}));
}

TEST_P(StreamConformanceTest, AWaitingReadStopsOnRequestAndLosesNothing) {
  start();
  create_group();
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const auto got = stream().read({.group = std::string(kGroup),
                                  .consumer = "a",
                                  .max_entries = 10,
                                  .wait = std::chrono::hours(1),
                                  .stop = source.get_token()});
  EXPECT_TRUE(got.has_value() && got->empty());
  add("later");
  EXPECT_EQ(texts(read("a")), (Texts{"later"}));
}

TEST_P(StreamConformanceTest, PendingIsBounded) {
  start({.max_pending = 2});
  create_group();
  for (const char* text : {"1", "2", "3"}) add(text);
  const std::vector<Delivery> got = read("a");
  EXPECT_EQ(texts(got), (Texts{"1", "2"}));
  EXPECT_EQ(stream().read({.group = std::string(kGroup), .consumer = "a"}).error().code,
            ErrorCode::kResourceExhausted);
  acknowledge(ids(got));
  EXPECT_EQ(texts(read("a")), (Texts{"3"}));
}

TEST_P(StreamConformanceTest, ARepeatedAppendIsStoredOnce) {
  start();
  const auto mark = [](std::uint64_t sequence) {
    return AppendOptions{.mark = ProducerMark{.producer = "gateway-1", .sequence = sequence}};
  };
  const Appended first = stream().append("1", mark(7)).value();
  EXPECT_FALSE(first.duplicate);
  const Appended again = stream().append("1", mark(7)).value();
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, first.id);
  EXPECT_FALSE(stream().append("2", mark(8))->duplicate);
  EXPECT_TRUE(stream().append("1", mark(7))->duplicate);
  EXPECT_EQ(stream().info()->entries, 2U);
}

TEST_P(StreamConformanceTest, NamesAreChecked) {
  start();
  for (const char* name : {"", ".hidden", "a/b", "..", "-x", "a b"}) {
    EXPECT_EQ(under_test_->store().open(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(stream().create_group("", GroupStart::kFromEnd).error().code,
            ErrorCode::kInvalidArgument);
  create_group();
  EXPECT_EQ(stream().read({.group = std::string(kGroup), .consumer = ""}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(stream().append("x", {.mark = ProducerMark{.producer = ""}}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_P(StreamConformanceTest, TheStoreListsItsStreams) {
  start();
  stream("ONE").append("1").value();
  stream("acme.TWO").append("2").value();
  std::vector<std::string> names = under_test_->store().list().value();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Texts{"ONE", "acme.TWO"}));
  EXPECT_EQ(stream("ONE").info()->entries, 1U);
}

TEST_P(StreamConformanceTest, ARestartKeepsRecordsGroupsPendingAndProducers) {
  start();
  if (!under_test_->restart()) return;  // memory: nothing is promised
  create_group();
  const AppendOptions marked{.mark = ProducerMark{.producer = "p", .sequence = 1}};
  const EntryId first = stream().append("1", marked)->id;
  add("2");
  add("3");
  const std::vector<Delivery> got = read("a", 2);
  ASSERT_EQ(got.size(), 2U);
  acknowledge({got[0].entry.id});
  ASSERT_TRUE(under_test_->restart());
  EXPECT_EQ(stream().append("1", marked).value().id, first);
  EXPECT_EQ(stream().info()->entries, 3U);
  const std::vector<PendingEntry> pending = stream().pending(kGroup, 10).value();
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending.front().id, got[1].entry.id);
  EXPECT_EQ(pending.front().consumer, "a");
  EXPECT_EQ(texts(read("b")), (Texts{"3"})) << "what was acknowledged or given is not new";
  const std::vector<Delivery> claimed = claim("b", Duration{0});
  ASSERT_EQ(texts(claimed), (Texts{"2", "3"}));
  EXPECT_EQ(claimed.front().deliveries, 2U);
  EXPECT_GT(add("4"), first);
}

TEST_P(StreamConformanceTest, AnEmptiedStreamGoesOnCountingAfterARestart) {
  start();
  if (!under_test_->restart()) return;
  const EntryId before = add("1");
  advance(std::chrono::milliseconds(50));
  ASSERT_EQ(stream().trim_before(under_test_->now())->removed, 1U);
  ASSERT_TRUE(under_test_->restart());
  EXPECT_EQ(stream().info()->last, before);
  EXPECT_GT(add("2"), before);
}

TEST_P(StreamConformanceTest, BufferedRecordsArriveAndFlushMakesThemSafe) {
  start();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        stream().append(std::to_string(i), {.durability = Durability::kBuffered}).has_value());
  }
  ASSERT_TRUE(stream().flush().has_value());
  const bool restarted = under_test_->restart();
  if (restarted) {
    EXPECT_EQ(stream().range({}, kLastPossibleId, 1000)->size(), 100U);
  }
}

/// Consumers that die at random moments: each record is acknowledged as new exactly once.
TEST_P(StreamConformanceTest, ConsumersThatDieMidWayLoseNothingAndCountNothingTwice) {
  start();
  create_group();
  constexpr int kRecords = 600;
  constexpr int kConsumers = 4;
  std::atomic<int> acknowledged{0};
  std::mutex mutex;
  std::multiset<std::string> done;
  std::jthread producer([this] {
    for (int i = 0; i < kRecords; ++i) {
      EXPECT_TRUE(
          stream().append(std::to_string(i), {.durability = Durability::kBuffered}).has_value());
    }
  });
  const auto consume = [&](int number) {
    Rng rng(static_cast<std::uint64_t>(number));
    const std::string name = "c" + std::to_string(number);
    while (acknowledged < kRecords) {
      std::vector<Delivery> got = stream()
                                      .read({.group = std::string(kGroup),
                                             .consumer = name,
                                             .max_entries = 10,
                                             .wait = std::chrono::milliseconds(5)})
                                      .value();
      if (got.empty()) got = claim(name, Duration{0});
      if (rng.below(3) == 0) continue;  // dies with what it was given
      for (const Delivery& delivery : got) {
        const std::vector<EntryId> one{delivery.entry.id};
        if (stream().acknowledge(kGroup, one).value() == 0) continue;  // another one was faster
        ++acknowledged;
        const std::scoped_lock lock(mutex);
        done.insert(delivery.entry.bytes);
      }
    }
  };
  {
    std::vector<std::jthread> consumers;
    for (int number = 0; number < kConsumers; ++number) consumers.emplace_back(consume, number);
  }
  EXPECT_EQ(done.size(), static_cast<std::size_t>(kRecords));
  EXPECT_EQ(std::set<std::string>(done.begin(), done.end()).size(), done.size());
  EXPECT_EQ(stream().pending(kGroup, 10)->size(), 0U);
}

TEST_P(StreamConformanceTest, ManyProducersLoseNothing) {
  start();
  constexpr int kProducers = 4;
  constexpr int kEach = 50;
  {
    std::vector<std::jthread> producers;
    for (int number = 0; number < kProducers; ++number) {
      producers.emplace_back([this, number] {
        for (int i = 0; i < kEach; ++i) add(std::to_string(number * kEach + i));
      });
    }
  }
  const std::vector<Entry> all = stream().range({}, kLastPossibleId, 1000).value();
  std::set<std::string> distinct;
  for (const Entry& entry : all) distinct.insert(entry.bytes);
  EXPECT_EQ(distinct.size(), static_cast<std::size_t>(kProducers * kEach));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const Entry& a, const Entry& b) { return a.id < b.id; }));
}

}  // namespace temper::streams
