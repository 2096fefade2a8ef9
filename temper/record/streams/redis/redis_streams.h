// Streams in Redis (7.0 or later): for processes that share the work.
//
// A stream is a Redis stream of the same name behind `prefix`; every step that must not be torn is
// a script inside Redis. A call whose answer was lost is repeated under the same number, so that an
// append is stored once. docs/streams.md says what differs from the journal. Reading order: this
// file, scripts.h, links.h, redis_stream.cc.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "temper/core/clock.h"
#include "temper/record/streams/redis/links.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

struct RedisStreamsConfig {
  RedisAddress address{};
  RedisRetry retry{};
  StreamLimits limits{};
  /// In front of every key, for example a tenant's name and a colon; 0..128 bytes.
  std::string prefix{};
  /// How long Redis remembers a producer's last append.
  std::chrono::seconds producer_memory = std::chrono::hours(24);

  [[nodiscard]] Status validate() const;
};

class RedisStreams final : public StreamStore {
 public:
  /// Durability is Redis' own: `appendonly yes` and `appendfsync always` make kDurable true.
  /// Errors: kInvalidArgument; kUnavailable; kPermissionDenied; kFailedPrecondition where Redis is
  /// older than 7.0, or may evict streams (`maxmemory-policy allkeys-*`).
  static Result<std::unique_ptr<RedisStreams>> connect(
      const RedisStreamsConfig& config, const Clock& clock = system_clock_instance());
  ~RedisStreams() override;

  [[nodiscard]] Result<Stream*> open(std::string_view name) override;
  /// Of the node that `address` names. A stream shows once it has had an entry or a group.
  [[nodiscard]] Result<std::vector<std::string>> list() override;

 private:
  RedisStreams(const RedisStreamsConfig& config, const Clock& clock)
      : config_(config), clock_(clock), links_(config.address, config.retry) {}
  [[nodiscard]] Status check_server();

  const RedisStreamsConfig config_;
  const Clock& clock_;
  RedisLinks links_;
  std::mutex mutex_;
  // guarded by mutex_
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace temper::streams
