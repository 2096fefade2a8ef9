// The streams' suite against a real Redis, and what happens when the link or Redis itself dies.
//
// redis_streams.py starts both ends and names them: $TEMPER_REDIS_PORT, $TEMPER_REDIS_CUT_PORT (a
// link that cuts connections at random).
#include "temper/record/streams/redis/redis_streams.h"

#include <cstdlib>
#include <map>

#include "temper/record/streams/stream_conformance_fixture.h"

namespace temper::streams {
namespace {

int port(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

std::string fresh_prefix() { return fmt::format("t{:016x}:", random_seed()); }

std::unique_ptr<RedisStreams> connect(const char* variable, const std::string& prefix,
                                      const StreamLimits& limits = {},
                                      const Clock& clock = system_clock_instance()) {
  return RedisStreams::connect({.address = {.host = "127.0.0.1", .port = port(variable)},
                                .retry = {.connect_timeout = std::chrono::seconds(1),
                                          .command_timeout = std::chrono::seconds(1),
                                          .patience = std::chrono::seconds(60)},
                                .limits = limits,
                                .prefix = prefix},
                               clock)
      .value();
}

class RedisUnderTest final : public StreamsUnderTest {
 public:
  explicit RedisUnderTest(const StreamLimits& limits) : limits_(limits) { restart(); }
  StreamStore& store() override { return *store_; }
  bool restart() override {
    store_ = connect("TEMPER_REDIS_PORT", prefix_, limits_, clock_);
    return true;
  }
  /// Ids follow the given clock, idle times Redis' own.
  void advance(Duration step) override {
    clock_.advance(step);
    sleep_for(step);
  }
  WallTime now() override { return clock_.wall_now(); }

 private:
  const StreamLimits limits_;
  const std::string prefix_ = fresh_prefix();
  ManualClock clock_;
  std::unique_ptr<RedisStreams> store_;
};

std::unique_ptr<StreamsUnderTest> make_redis_streams(const StreamLimits& limits) {
  return std::make_unique<RedisUnderTest>(limits);
}

INSTANTIATE_TEST_SUITE_P(Redis, StreamConformanceTest, testing::Values(&make_redis_streams));

/// How often each record is in the stream.
std::map<std::string, int> counts(Stream& stream) {
  std::map<std::string, int> found;
  EntryId from;
  for (;;) {
    const std::vector<Entry> page = stream.range(from, kLastPossibleId, 1000).value();
    if (page.empty()) return found;
    for (const Entry& entry : page) ++found[entry.bytes];
    from = page.back().id.next();
  }
}

TEST(RedisFaultTest, AppendsThroughALinkThatIsCutAreStoredOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  const std::string prefix = fresh_prefix();
  const auto cut = connect("TEMPER_REDIS_CUT_PORT", prefix);
  Stream& stream = *cut->open("EVENTS").value();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&stream, thread] {
        for (int i = 0; i < kEach; ++i) {
          const auto appended = stream.append(std::to_string(thread * kEach + i));
          EXPECT_TRUE(appended.has_value()) << appended.error().message;
        }
      });
    }
  }
  const auto direct = connect("TEMPER_REDIS_PORT", prefix);
  const std::map<std::string, int> found = counts(*direct->open("EVENTS").value());
  EXPECT_EQ(found.size(), static_cast<std::size_t>(kThreads * kEach));
  for (const auto& [text, count] : found) EXPECT_EQ(count, 1) << text;
}

TEST(RedisFaultTest, ConsumersThroughALinkThatIsCutLoseNothing) {
  constexpr int kRecords = 400;
  const std::string prefix = fresh_prefix();
  const auto direct = connect("TEMPER_REDIS_PORT", prefix);
  Stream& source = *direct->open("EVENTS").value();
  ASSERT_TRUE(source.create_group("g", GroupStart::kFromBeginning).has_value());
  for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(source.append(std::to_string(i)).has_value());

  const auto cut = connect("TEMPER_REDIS_CUT_PORT", prefix);
  Stream& stream = *cut->open("EVENTS").value();
  std::set<std::string> handled;
  while (handled.size() < kRecords) {
    std::vector<Delivery> got =
        stream.read({.group = "g", .consumer = "c", .max_entries = 7}).value();
    // What was given in an answer that the cut swallowed comes back as a stale entry.
    if (got.empty()) got = stream.claim({.group = "g", .consumer = "c", .max_entries = 7}).value();
    std::vector<EntryId> ids;
    for (const Delivery& delivery : got) {
      handled.insert(delivery.entry.bytes);
      ids.push_back(delivery.entry.id);
    }
    ASSERT_TRUE(stream.acknowledge("g", ids).has_value());
  }
  EXPECT_EQ(source.pending("g", 10)->size(), 0U);
  EXPECT_EQ(source.claim({.group = "g", .consumer = "d"})->size(), 0U);
}

/// Appends while redis_streams.py kills Redis (kill -9) and starts it again.
TEST(RedisFaultTest, WhatReturnedIsThereAfterRedisWasKilled) {
  constexpr int kRecords = 1500;
  const std::string prefix = fresh_prefix();
  const auto store = connect("TEMPER_REDIS_PORT", prefix);
  Stream& stream = *store->open("EVENTS").value();
  for (int i = 0; i < kRecords; ++i) {
    const auto appended = stream.append(std::to_string(i));
    ASSERT_TRUE(appended.has_value()) << appended.error().message;
    sleep_for(std::chrono::milliseconds(2));
  }
  const std::map<std::string, int> found = counts(stream);
  EXPECT_EQ(found.size(), static_cast<std::size_t>(kRecords));
  for (const auto& [text, count] : found) EXPECT_EQ(count, 1) << text;
}

TEST(RedisFaultTest, ABlockedReadEndsWhenAskedTo) {
  const auto store = connect("TEMPER_REDIS_PORT", fresh_prefix());
  Stream& stream = *store->open("EVENTS").value();
  ASSERT_TRUE(stream.create_group("g", GroupStart::kFromEnd).has_value());
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const auto got = stream.read({.group = "g",
                                .consumer = "c",
                                .max_entries = 1,
                                .wait = std::chrono::hours(1),
                                .stop = source.get_token()});
  EXPECT_TRUE(got.has_value() && got->empty());
}

}  // namespace
}  // namespace temper::streams
