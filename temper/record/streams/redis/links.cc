#include "temper/record/streams/redis/links.h"

#include <algorithm>
#include <utility>

#include "temper/core/ids.h"
#include "temper/core/rng.h"

namespace temper::streams {
namespace {

std::string new_producer() {
  Rng rng(random_seed());
  return "link." + make_uuid_v7(system_clock_instance().wall_now(), rng).to_string();
}

}  // namespace

RedisLinks::Borrowed RedisLinks::borrow() {
  std::unique_ptr<RedisLink> link;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      link = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (link == nullptr) {
    link = std::make_unique<RedisLink>();
    link->producer = new_producer();
  }
  return {*this, std::move(link)};
}

void RedisLinks::give_back(std::unique_ptr<RedisLink> link) {
  const std::scoped_lock lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(link));
}

void RedisLinks::note_failure(const Error& error) {
  const std::scoped_lock lock(mutex_);
  const Result<RedisAddress> moved = error.message.starts_with(kMoved)
                                         ? moved_to(error.message, address_)
                                         : Result<RedisAddress>(seed_);
  // A node that moved us away may be gone later: the address given first knows the way again.
  address_ = moved.value_or(seed_);
  for (const std::unique_ptr<RedisLink>& link : idle_) link->connection.reset();
}

Result<RedisReply> RedisLinks::try_once(RedisLink& link, std::span<const std::string_view> words) {
  if (!link.connection) {
    RedisAddress address;
    {
      const std::scoped_lock lock(mutex_);
      address = address_;
    }
    TEMPER_TRY(link.connection,
               RedisConnection::open(address, retry_.connect_timeout, retry_.command_timeout));
  }
  return link.connection->command(words);
}

Result<RedisReply> RedisLinks::run(RedisLink& link, std::span<const std::string_view> words,
                                   const std::stop_token& stop) {
  const Clock& clock = system_clock_instance();
  const TimePoint until = clock.now() + retry_.patience;
  Duration pause = retry_.first_pause;
  for (;;) {
    Result<RedisReply> reply = try_once(link, words);
    if (reply || reply.error().code != ErrorCode::kUnavailable) return reply;
    link.connection.reset();
    note_failure(reply.error());
    if (stop.stop_requested() || clock.now() + pause > until) return reply;
    sleep_for(pause);
    pause = std::min(pause * 2, retry_.longest_pause);
  }
}

Result<RedisReply> RedisLinks::run(std::span<const std::string_view> words) {
  const Borrowed link = borrow();
  return run(*link, words);
}

}  // namespace temper::streams
