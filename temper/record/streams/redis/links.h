// Connections of one stream to Redis: reused, opened again with back-off, moved where a cluster
// says.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "temper/record/streams/redis/connection.h"

namespace temper::streams {

struct RedisRetry {
  Duration connect_timeout = std::chrono::seconds(2);
  Duration command_timeout = std::chrono::seconds(5);
  /// How long a call tries again while Redis cannot be reached.
  Duration patience = std::chrono::seconds(30);
  Duration first_pause = std::chrono::milliseconds(10);
  Duration longest_pause = std::chrono::seconds(1);
};

/// A connection in use by one call, and the producer's name under which its appends are numbered: a
/// repeated append has the same number, whatever happened to the connection.
struct RedisLink {
  std::optional<RedisConnection> connection;
  std::string producer;
  std::uint64_t sequence = 0;
};

class RedisLinks {
 public:
  RedisLinks(RedisAddress address, RedisRetry retry)
      : seed_(address), retry_(retry), address_(std::move(address)) {}

  /// For one call; comes back by itself. Links beyond kMaxIdle are closed then.
  class Borrowed {
   public:
    Borrowed(RedisLinks& owner, std::unique_ptr<RedisLink> link)
        : owner_(&owner), link_(std::move(link)) {}
    Borrowed(Borrowed&&) = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (link_ != nullptr) owner_->give_back(std::move(link_));
    }
    RedisLink& operator*() const { return *link_; }
    RedisLink* operator->() const { return link_.get(); }

   private:
    RedisLinks* owner_;
    std::unique_ptr<RedisLink> link_;
  };
  [[nodiscard]] Borrowed borrow();

  /// Runs a command that may be repeated, until it is answered or the patience ends.
  [[nodiscard]] Result<RedisReply> run(RedisLink& link, std::span<const std::string_view> words,
                                       const std::stop_token& stop = {});
  [[nodiscard]] Result<RedisReply> run(std::span<const std::string_view> words);

 private:
  static constexpr std::size_t kMaxIdle = 16;

  void give_back(std::unique_ptr<RedisLink> link);
  [[nodiscard]] Result<RedisReply> try_once(RedisLink& link,
                                            std::span<const std::string_view> words);
  void note_failure(const Error& error);

  const RedisAddress seed_;
  const RedisRetry retry_;
  std::mutex mutex_;
  // guarded by mutex_
  RedisAddress address_;
  std::vector<std::unique_ptr<RedisLink>> idle_;
};

}  // namespace temper::streams
