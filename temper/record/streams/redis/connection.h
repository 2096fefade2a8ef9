// One connection to a Redis server, with replies as plain values. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"

struct redisContext;

namespace temper::streams {

struct RedisAddress {
  std::string host = "127.0.0.1";
  int port = 6379;
  /// Empty = none is sent.
  std::string user{};
  std::string password{};
};

struct RedisReply {
  enum class Kind { kNothing, kText, kInteger, kList };
  Kind kind = Kind::kNothing;
  std::string text{};
  std::int64_t integer = 0;
  std::vector<RedisReply> list{};

  /// The element, or an empty reply where there is none.
  [[nodiscard]] const RedisReply& at(std::size_t index) const;
  /// An integer, also one spelled as text; 0 for anything else.
  [[nodiscard]] std::uint64_t number() const;
};

/// Errors: kUnavailable (not reachable, no answer in time, or the server asks to try later: whether
/// the command was run is not known), kNotFound (no such group or key), kResourceExhausted (out of
/// memory), kPermissionDenied, kAlreadyExists (group), kInternal with the server's words.
class RedisConnection {
 public:
  static Result<RedisConnection> open(const RedisAddress& address, Duration connect_timeout,
                                      Duration command_timeout);
  /// After kUnavailable the connection is of no use any more.
  [[nodiscard]] Result<RedisReply> command(std::span<const std::string_view> words);

 private:
  struct Close {
    void operator()(redisContext* context) const;
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}
  std::unique_ptr<redisContext, Close> context_;
};

/// "MOVED 3999 127.0.0.1:6381" -> that address with the credentials of `before`; a cluster's answer
/// for a key that lives elsewhere. Errors: kInvalidArgument.
[[nodiscard]] Result<RedisAddress> moved_to(std::string_view words, const RedisAddress& before);
/// Start of the message of an error that carries a MOVED or ASK.
inline constexpr std::string_view kMoved = "MOVED ";

}  // namespace temper::streams
