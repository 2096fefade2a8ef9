#include "temper/record/streams/redis/connection.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <csignal>
#include <mutex>
#include <utility>

namespace temper::streams {
namespace {

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

timeval to_timeval(Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return {.tv_sec = static_cast<time_t>(us / 1'000'000),
          .tv_usec = static_cast<suseconds_t>(us % 1'000'000)};
}

/// hiredis 0.14 writes without MSG_NOSIGNAL, so that a server that went away would end the process.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction now{};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      std::signal(SIGPIPE, SIG_IGN);
    }
  });
}

RedisReply copy_of(const redisReply& reply) {
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      copy.kind = RedisReply::Kind::kText;
      copy.text.assign(reply.str, static_cast<std::size_t>(reply.len));
      break;
    case REDIS_REPLY_INTEGER:
      copy.kind = RedisReply::Kind::kInteger;
      copy.integer = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = RedisReply::Kind::kList;
      copy.list.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i)
        copy.list.push_back(copy_of(*reply.element[i]));
      break;
    default:
      break;
  }
  return copy;
}

std::unexpected<Error> server_error(std::string_view words) {
  const auto starts = [&](std::string_view with) { return words.starts_with(with); };
  const auto has = [&](std::string_view part) {
    return words.find(part) != std::string_view::npos;
  };
  if (starts(kMoved)) return fail(ErrorCode::kUnavailable, "{}", words);
  if (starts("LOADING") || starts("READONLY") || starts("CLUSTERDOWN") || starts("TRYAGAIN") ||
      starts("MASTERDOWN") || starts("BUSY ") || starts("ASK ")) {
    return fail(ErrorCode::kUnavailable, "Redis asks to try later: {}", words);
  }
  if (has("NOGROUP") || has("no such key") || has("requires the key to exist")) {
    return fail(ErrorCode::kNotFound, "Redis has no such group: {}", words);
  }
  if (starts("BUSYGROUP")) return fail(ErrorCode::kAlreadyExists, "{}", words);
  if (starts("OOM") || has("OOM command not allowed")) {
    return fail(ErrorCode::kResourceExhausted, "Redis is out of memory: {}", words);
  }
  if (starts("NOAUTH") || starts("WRONGPASS") || starts("NOPERM")) {
    return fail(ErrorCode::kPermissionDenied, "Redis refuses: {}", words);
  }
  return fail(ErrorCode::kInternal, "Redis answers: {}", words);
}

}  // namespace

const RedisReply& RedisReply::at(std::size_t index) const {
  static const RedisReply* const nothing = new RedisReply();  // outlives every thread
  return index < list.size() ? list[index] : *nothing;
}

std::uint64_t RedisReply::number() const {
  if (kind == Kind::kInteger) return integer < 0 ? 0 : static_cast<std::uint64_t>(integer);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void RedisConnection::Close::operator()(redisContext* context) const { redisFree(context); }

Result<RedisConnection> RedisConnection::open(const RedisAddress& address, Duration connect_timeout,
                                              Duration command_timeout) {
  ignore_broken_pipes();
  RedisConnection connection(
      redisConnectWithTimeout(address.host.c_str(), address.port, to_timeval(connect_timeout)));
  redisContext* context = connection.context_.get();
  if (context == nullptr || context->err != 0) {
    return fail(ErrorCode::kUnavailable, "cannot reach Redis at {}:{}: {}", address.host,
                address.port, context == nullptr ? "no memory" : context->errstr);
  }
  redisSetTimeout(context, to_timeval(command_timeout));
  redisEnableKeepAlive(context);
  if (!address.password.empty()) {
    std::vector<std::string_view> words{"AUTH"};
    if (!address.user.empty()) words.emplace_back(address.user);
    words.emplace_back(address.password);
    TEMPER_TRY([[maybe_unused]] const RedisReply greeted, connection.command(words));
  }
  return connection;
}

Result<RedisReply> RedisConnection::command(std::span<const std::string_view> words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data() == nullptr ? "" : word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(words.size()), starts.data(), sizes.data())));
  if (reply == nullptr) {
    return fail(ErrorCode::kUnavailable, "no answer from Redis: {}", context_->errstr);
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return server_error({reply->str, static_cast<std::size_t>(reply->len)});
  }
  return copy_of(*reply);
}

Result<RedisAddress> moved_to(std::string_view words, const RedisAddress& before) {
  const std::size_t space = words.rfind(' ');
  const std::size_t colon = words.rfind(':');
  RedisAddress address = before;
  if (space != std::string_view::npos && colon != std::string_view::npos && space < colon) {
    const std::string_view host = words.substr(space + 1, colon - space - 1);
    const std::string_view port = words.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    // An empty host means the one that answered.
    if (!host.empty()) address.host = host;
    if (error == std::errc() && end == port.data() + port.size()) return address;
  }
  return fail(ErrorCode::kInvalidArgument, "no address in '{}'", words.substr(0, 128));
}

}  // namespace temper::streams
