#include "temper/record/streams/redis/redis_stream.h"

#include <algorithm>

#include "temper/record/streams/admission.h"
#include "temper/record/streams/redis/scripts.h"

namespace temper::streams {
namespace {

using Words = std::vector<std::string_view>;

/// How long one command waits inside Redis: a request to stop is seen that late.
constexpr auto kWaitSlice = std::chrono::milliseconds(50);
/// Entries of one call of the trim script: others wait for Redis that long.
constexpr std::string_view kTrimPortion = "1000";
/// Below Lua's limit on arguments.
constexpr std::size_t kMaxIdsPerCall = 4000;

Result<Entry> entry_of(const RedisReply& reply) {
  TEMPER_TRY(const EntryId id, EntryId::parse(reply.at(0).text));
  return Entry{.id = id, .bytes = reply.at(1).at(1).text};
}

std::string milliseconds(Duration duration) {
  return std::to_string(std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
}

}  // namespace

RedisStream::RedisStream(std::string name, const RedisStreamsConfig& config, const Clock& clock)
    : name_(std::move(name)),
      config_(config),
      clock_(clock),
      key_(config.prefix + name_),
      bytes_key_("{" + key_ + "}:bytes"),
      links_(config.address, config.retry) {}

Result<Appended> RedisStream::append(std::string_view bytes, const AppendOptions& options) {
  TEMPER_TRY_STATUS(check_append(bytes, options, config_.limits));
  const RedisLinks::Borrowed link = links_.borrow();
  const std::string producer = options.mark ? options.mark->producer : link->producer;
  const std::string sequence =
      std::to_string(options.mark ? options.mark->sequence : ++link->sequence);
  const std::string producer_key = "{" + key_ + "}:producer:" + producer;
  const std::string max_entries = std::to_string(config_.limits.max_entries);
  const std::string max_bytes = std::to_string(config_.limits.max_bytes);
  const std::string memory = std::to_string(config_.producer_memory.count());
  const TimePoint until = system_clock_instance().now() + options.wait_for_room;
  for (;;) {
    const std::string now_ms = std::to_string(EntryId::first_at(clock_.wall_now()).time_ms);
    TEMPER_TRY(const RedisReply reply,
               links_.run(*link,
                          Words{"EVAL", kAppendScript, "3", key_, producer_key, bytes_key_, bytes,
                                now_ms, max_entries, max_bytes, sequence, memory},
                          options.stop));
    if (reply.at(0).number() != 2) {
      TEMPER_TRY(const EntryId id, EntryId::parse(reply.at(1).text));
      // A link's own repetition is no repetition to its caller.
      return Appended{.id = id, .duplicate = options.mark && reply.at(0).number() == 1};
    }
    if (options.stop.stop_requested()) return stopped(name_);
    if (system_clock_instance().now() >= until) {
      return full(name_, reply.at(1).number(), reply.at(2).number());
    }
    sleep_for(std::min<Duration>(kWaitSlice, options.wait_for_room));
  }
}

Status RedisStream::create_group(std::string_view group, GroupStart start) {
  TEMPER_TRY_STATUS(check_member_name("group", group));
  const std::string_view from = start == GroupStart::kFromEnd ? "$" : "0";
  const auto made = links_.run(Words{"XGROUP", "CREATE", key_, group, from, "MKSTREAM"});
  if (made || made.error().code == ErrorCode::kAlreadyExists) return {};
  return std::unexpected(made.error());
}

Status RedisStream::remove_group(std::string_view group) {
  TEMPER_TRY(const RedisReply reply, links_.run(Words{"XGROUP", "DESTROY", key_, group}));
  if (reply.number() > 0) return {};
  return fail(ErrorCode::kNotFound, "stream '{}' has no consumer group '{}'", name_, group);
}

Result<RedisStream::ReadOnce> RedisStream::read_once(RedisLink& link, const ReadRequest& request) {
  const std::string max_entries = std::to_string(request.max_entries);
  const std::string max_pending = std::to_string(config_.limits.max_pending);
  TEMPER_TRY(const RedisReply reply, links_.run(link,
                                                Words{"EVAL", kReadScript, "1", key_, request.group,
                                                      request.consumer, max_entries, max_pending},
                                                request.stop));
  if (reply.at(0).number() == 2) {
    return fail(ErrorCode::kResourceExhausted,
                "group '{}' of stream '{}' has {} entries to acknowledge before it reads more",
                request.group, name_, reply.at(1).number());
  }
  ReadOnce once{.deliveries = {}, .last_delivered = reply.at(2).text};
  for (const RedisReply& item : reply.at(1).list) {
    TEMPER_TRY(Entry entry, entry_of(item));
    once.deliveries.push_back({.entry = std::move(entry), .deliveries = 1});
  }
  return once;
}

Status RedisStream::wait_after(RedisLink& link, std::string_view id, Duration wait) {
  // 0 would wait for ever.
  const std::string block =
      milliseconds(std::clamp<Duration>(wait, std::chrono::milliseconds(1), kWaitSlice));
  TEMPER_TRY([[maybe_unused]] const RedisReply reply,
             links_.run(link, Words{"XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", key_, id}));
  return {};
}

Result<std::vector<Delivery>> RedisStream::read(const ReadRequest& request) {
  TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
  if (request.max_entries == 0) {
    return fail(ErrorCode::kInvalidArgument, "a read asks for at least one entry");
  }
  const Clock& clock = system_clock_instance();
  const TimePoint until = clock.now() + std::min<Duration>(request.wait, std::chrono::hours(24));
  const RedisLinks::Borrowed link = links_.borrow();
  for (;;) {
    TEMPER_TRY(ReadOnce once, read_once(*link, request));
    const TimePoint now = clock.now();
    if (!once.deliveries.empty() || now >= until || request.stop.stop_requested()) {
      return std::move(once.deliveries);
    }
    TEMPER_TRY_STATUS(wait_after(*link, once.last_delivered, until - now));
  }
}

Result<std::uint64_t> RedisStream::acknowledge(std::string_view group,
                                               std::span<const EntryId> ids) {
  std::uint64_t ended = 0;
  do {
    const std::size_t count = std::min(ids.size(), kMaxIdsPerCall);
    std::vector<std::string> texts;
    for (const EntryId id : ids.first(count)) texts.push_back(id.to_string());
    if (texts.empty()) texts.push_back(EntryId{}.to_string());  // asks whether the group is there
    Words words{"EVAL", kAcknowledgeScript, "1", key_, group};
    words.insert(words.end(), texts.begin(), texts.end());
    TEMPER_TRY(const RedisReply reply, links_.run(words));
    ended += reply.number();
    ids = ids.subspan(count);
  } while (!ids.empty());
  return ended;
}

Result<std::vector<PendingEntry>> RedisStream::pending(std::string_view group,
                                                       std::size_t max_entries) {
  const std::string count = std::to_string(max_entries);
  TEMPER_TRY(const RedisReply reply, links_.run(Words{"XPENDING", key_, group, "-", "+", count}));
  std::vector<PendingEntry> entries;
  for (const RedisReply& item : reply.list) {
    TEMPER_TRY(const EntryId id, EntryId::parse(item.at(0).text));
    entries.push_back({.id = id,
                       .consumer = item.at(1).text,
                       .idle = std::chrono::milliseconds(item.at(2).integer),
                       .deliveries = item.at(3).number()});
  }
  return entries;
}

Result<std::vector<Delivery>> RedisStream::claim(const ClaimRequest& request) {
  TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
  if (request.max_entries == 0) return std::vector<Delivery>{};
  const std::string idle = milliseconds(request.min_idle);
  const std::string count = std::to_string(request.max_entries);
  TEMPER_TRY(const RedisReply reply,
             links_.run(Words{"EVAL", kClaimScript, "1", key_, request.group, request.consumer,
                              idle, count}));
  std::vector<Delivery> deliveries;
  for (const RedisReply& item : reply.list) {
    TEMPER_TRY(Entry entry, entry_of(item));
    deliveries.push_back({.entry = std::move(entry), .deliveries = item.at(2).number()});
  }
  return deliveries;
}

Result<std::vector<Entry>> RedisStream::range(EntryId from, EntryId to, std::size_t max_entries) {
  const std::string first = from.to_string();
  const std::string last = to.to_string();
  const std::string count = std::to_string(max_entries);
  TEMPER_TRY(const RedisReply reply,
             links_.run(Words{"XRANGE", key_, first, last, "COUNT", count}));
  std::vector<Entry> entries;
  for (const RedisReply& item : reply.list) {
    TEMPER_TRY(Entry entry, entry_of(item));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<TrimResult> RedisStream::trim_before(WallTime limit) {
  const std::string limit_ms = std::to_string(EntryId::first_at(limit).time_ms);
  TrimResult result;
  for (;;) {
    TEMPER_TRY(const RedisReply reply, links_.run(Words{"EVAL", kTrimScript, "2", key_, bytes_key_,
                                                        limit_ms, kTrimPortion}));
    result.removed += reply.at(0).number();
    result.kept = reply.at(1).number();
    if (reply.at(2).number() == 0) return result;
  }
}

Result<StreamInfo> RedisStream::info() {
  TEMPER_TRY(const RedisReply reply, links_.run(Words{"EVAL", kInfoScript, "2", key_, bytes_key_}));
  TEMPER_TRY(const EntryId first, EntryId::parse(reply.at(2).text));
  TEMPER_TRY(const EntryId last, EntryId::parse(reply.at(3).text));
  StreamInfo info{.entries = reply.at(0).number(),
                  .bytes = reply.at(1).number(),
                  .first = first,
                  .last = last,
                  .damaged = 0,
                  .groups = {}};
  for (const RedisReply& group : reply.at(4).list) info.groups.push_back(group.text);
  return info;
}

}  // namespace temper::streams
