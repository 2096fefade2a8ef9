#include "temper/record/streams/redis/redis_streams.h"

#include "temper/core/log.h"
#include "temper/record/streams/redis/redis_stream.h"

namespace temper::streams {
namespace {

/// The value of "name:value" among the lines of Redis' INFO.
std::string_view info_value(std::string_view info, std::string_view name) {
  const std::size_t at = info.find(std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = info.substr(at + name.size() + 1);
  return rest.substr(0, rest.find('\r'));
}

}  // namespace

Status RedisStreamsConfig::validate() const {
  TEMPER_TRY_STATUS(limits.validate());
  if (address.host.empty() || address.port < 1 || address.port > 65535) {
    return fail(ErrorCode::kInvalidArgument, "no Redis address: '{}' port {}", address.host,
                address.port);
  }
  if (prefix.size() > 128) {
    return fail(ErrorCode::kInvalidArgument, "prefix has {} bytes, at most 128 fit", prefix.size());
  }
  if (producer_memory <= std::chrono::seconds(0)) {
    return fail(ErrorCode::kInvalidArgument, "producer_memory must be positive");
  }
  return {};
}

Result<std::unique_ptr<RedisStreams>> RedisStreams::connect(const RedisStreamsConfig& config,
                                                            const Clock& clock) {
  TEMPER_TRY_STATUS(config.validate());
  std::unique_ptr<RedisStreams> store(new RedisStreams(config, clock));
  TEMPER_TRY_STATUS(store->check_server());
  return store;
}

RedisStreams::~RedisStreams() = default;

Status RedisStreams::check_server() {
  TEMPER_TRY(const RedisReply info, links_.run(std::vector<std::string_view>{"INFO"}));
  const std::string_view version = info_value(info.text, "redis_version");
  const RedisReply major{.kind = RedisReply::Kind::kText,
                         .text = std::string(version.substr(0, version.find('.')))};
  if (major.number() < 7) {
    return fail(ErrorCode::kFailedPrecondition, "Redis at {}:{} is version {}, 7.0 is needed",
                config_.address.host, config_.address.port, version);
  }
  const std::string_view policy = info_value(info.text, "maxmemory_policy");
  if (info_value(info.text, "maxmemory") != "0" && policy.starts_with("allkeys")) {
    return fail(ErrorCode::kFailedPrecondition,
                "Redis at {}:{} may evict streams (maxmemory-policy {}): set noeviction",
                config_.address.host, config_.address.port, policy);
  }
  if (info_value(info.text, "aof_enabled") != "1") {
    log::warning("Redis keeps no append-only file: a kill of Redis loses records",
                 {{"host", config_.address.host}, {"port", config_.address.port}});
  }
  return {};
}

Result<Stream*> RedisStreams::open(std::string_view name) {
  TEMPER_TRY_STATUS(check_stream_name(name));
  const std::scoped_lock lock(mutex_);
  auto found = streams_.find(name);
  if (found == streams_.end()) {
    found =
        streams_.emplace(name, std::make_unique<RedisStream>(std::string(name), config_, clock_))
            .first;
  }
  return found->second.get();
}

Result<std::vector<std::string>> RedisStreams::list() {
  std::vector<std::string> names;
  std::string cursor = "0";
  do {
    TEMPER_TRY(const RedisReply page, links_.run(std::vector<std::string_view>{
                                          "SCAN", cursor, "COUNT", "1000", "TYPE", "stream"}));
    cursor = page.at(0).text;
    for (const RedisReply& key : page.at(1).list) {
      if (!key.text.starts_with(config_.prefix)) continue;
      std::string name = key.text.substr(config_.prefix.size());
      if (check_stream_name(name)) names.push_back(std::move(name));
    }
  } while (cursor != "0" && !cursor.empty());
  return names;
}

}  // namespace temper::streams
