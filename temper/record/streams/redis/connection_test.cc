// Without a server; tests/integration/redis_streams has one.
#include "temper/record/streams/redis/connection.h"

#include <gtest/gtest.h>

#include "temper/record/streams/redis/redis_streams.h"

namespace temper::streams {
namespace {

TEST(RedisConnectionTest, FollowsAClustersWordsAndKeepsTheCredentials) {
  const RedisAddress before{.host = "a", .port = 1, .user = "u", .password = "p"};
  const RedisAddress moved = moved_to("MOVED 3999 127.0.0.1:6381", before).value();
  EXPECT_EQ(moved.host, "127.0.0.1");
  EXPECT_EQ(moved.port, 6381);
  EXPECT_EQ(moved.password, "p");
  EXPECT_EQ(moved_to("MOVED 3999 :6381", before)->host, "a") << "the one that answered";
  for (const char* words : {"MOVED", "MOVED 1 x", "MOVED 1 x:", "MOVED 1 x:y", ""}) {
    EXPECT_EQ(moved_to(words, before).error().code, ErrorCode::kInvalidArgument) << words;
  }
}

TEST(RedisConnectionTest, RepliesGiveNothingBeyondTheirEnd) {
  const RedisReply list{.kind = RedisReply::Kind::kList,
                        .list = {{.kind = RedisReply::Kind::kText, .text = "17"}}};
  EXPECT_EQ(list.at(0).number(), 17U);
  EXPECT_EQ(list.at(1).at(5).number(), 0U);
}

TEST(RedisStreamsTest, AServerThatIsNotThereIsUnavailableOnceThePatienceEnds) {
  const auto store =
      RedisStreams::connect({.address = {.host = "127.0.0.1", .port = 1},
                             .retry = {.connect_timeout = std::chrono::milliseconds(50),
                                       .patience = std::chrono::milliseconds(30),
                                       .first_pause = std::chrono::milliseconds(5)}});
  EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
}

TEST(RedisStreamsTest, RefusesImpossibleConfigurations) {
  EXPECT_EQ(RedisStreams::connect({.address = {.host = ""}}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(RedisStreams::connect({.prefix = std::string(200, 'x')}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::streams
