#include "temper/record/streams/memory/memory_streams.h"

#include <condition_variable>

#include "temper/record/streams/admission.h"
#include "temper/record/streams/consumer_group.h"
#include "temper/record/streams/producers.h"

namespace temper::streams {
namespace {

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::string name, const StreamLimits& limits, const Clock& clock)
      : name_(std::move(name)), limits_(limits), clock_(clock) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Status flush() override { return {}; }

  [[nodiscard]] Result<Appended> append(std::string_view bytes,
                                        const AppendOptions& options) override {
    TEMPER_TRY_STATUS(check_append(bytes, options, limits_));
    std::unique_lock lock(mutex_);
    if (options.mark) {
      if (const auto repeated = producers_.repeated(*options.mark)) return *repeated;
    }
    const auto has_room = [&] {
      return entries_.size() < limits_.max_entries && bytes_ + bytes.size() <= limits_.max_bytes;
    };
    if (!has_room() && (options.wait_for_room <= Duration{0} ||
                        !room_.wait_for(lock, options.stop, options.wait_for_room, has_room))) {
      if (options.stop.stop_requested()) return stopped(name_);
      return full(name_, entries_.size(), bytes_);
    }
    last_ = following_id(last_, clock_.wall_now());
    entries_.emplace(last_, bytes);
    bytes_ += bytes.size();
    if (options.mark) {
      producers_.note(options.mark->producer, {.sequence = options.mark->sequence, .id = last_});
    }
    const EntryId id = last_;
    lock.unlock();
    news_.notify_all();
    return Appended{.id = id};
  }

  [[nodiscard]] Status create_group(std::string_view group, GroupStart start) override {
    TEMPER_TRY_STATUS(check_member_name("group", group));
    const std::scoped_lock lock(mutex_);
    const EntryId from = start == GroupStart::kFromEnd ? last_ : EntryId{};
    groups_.apply(event(GroupEvent::Kind::kCreate, group, {}, {from}));
    return {};
  }

  [[nodiscard]] Status remove_group(std::string_view group) override {
    const std::scoped_lock lock(mutex_);
    TEMPER_TRY([[maybe_unused]] const ConsumerGroup* found, groups_.require(group, name_));
    groups_.apply(event(GroupEvent::Kind::kRemove, group, {}, {}));
    return {};
  }

  [[nodiscard]] Result<std::vector<Delivery>> read(const ReadRequest& request) override {
    TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
    std::unique_lock lock(mutex_);
    const auto has_news = [&] {
      const ConsumerGroup* group = groups_.find(request.group);
      return group == nullptr || entries_.upper_bound(group->last_delivered()) != entries_.end();
    };
    if (request.wait > Duration{0}) news_.wait_for(lock, request.stop, request.wait, has_news);
    TEMPER_TRY(const ConsumerGroup* group, groups_.require(request.group, name_));
    TEMPER_TRY(const std::size_t room, pending_room(*group, request, limits_, name_));
    std::vector<Delivery> deliveries;
    std::vector<EntryId> ids;
    for (auto at = entries_.upper_bound(group->last_delivered());
         at != entries_.end() && ids.size() < room; ++at) {
      deliveries.push_back({.entry = {.id = at->first, .bytes = at->second}, .deliveries = 1});
      ids.push_back(at->first);
    }
    groups_.apply(
        event(GroupEvent::Kind::kDeliver, request.group, request.consumer, std::move(ids)));
    return deliveries;
  }

  [[nodiscard]] Result<std::uint64_t> acknowledge(std::string_view group,
                                                  std::span<const EntryId> ids) override {
    const std::scoped_lock lock(mutex_);
    TEMPER_TRY([[maybe_unused]] const ConsumerGroup* found, groups_.require(group, name_));
    return groups_.apply(
        event(GroupEvent::Kind::kAcknowledge, group, {}, {ids.begin(), ids.end()}));
  }

  [[nodiscard]] Result<std::vector<PendingEntry>> pending(std::string_view group,
                                                          std::size_t max_entries) override {
    const std::scoped_lock lock(mutex_);
    TEMPER_TRY(const ConsumerGroup* found, groups_.require(group, name_));
    return found->oldest(max_entries, clock_.wall_now());
  }

  [[nodiscard]] Result<std::vector<Delivery>> claim(const ClaimRequest& request) override {
    TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
    const std::scoped_lock lock(mutex_);
    TEMPER_TRY(const ConsumerGroup* group, groups_.require(request.group, name_));
    std::vector<EntryId> ids =
        group->claimable(request.min_idle, request.max_entries, clock_.wall_now());
    groups_.apply(event(GroupEvent::Kind::kClaim, request.group, request.consumer, ids));
    std::vector<Delivery> deliveries;
    deliveries.reserve(ids.size());
    for (const EntryId id : ids) {
      // Trimming never removes what is pending, so the entry is there.
      deliveries.push_back(
          {.entry = {.id = id, .bytes = entries_.at(id)}, .deliveries = group->deliveries(id)});
    }
    return deliveries;
  }

  [[nodiscard]] Result<std::vector<Entry>> range(EntryId from, EntryId to,
                                                 std::size_t max_entries) override {
    const std::scoped_lock lock(mutex_);
    std::vector<Entry> found;
    for (auto at = entries_.lower_bound(from);
         at != entries_.end() && at->first <= to && found.size() < max_entries; ++at) {
      found.push_back({.id = at->first, .bytes = at->second});
    }
    return found;
  }

  [[nodiscard]] Result<TrimResult> trim_before(WallTime limit) override {
    TrimResult result;
    {
      const std::scoped_lock lock(mutex_);
      const EntryId wanted = EntryId::first_at(limit);
      const EntryId end = std::min(wanted, groups_.needed_from());
      auto at = entries_.begin();
      while (at != entries_.end() && at->first < end) {
        bytes_ -= at->second.size();
        at = entries_.erase(at);
        ++result.removed;
      }
      for (; at != entries_.end() && at->first < wanted; ++at) ++result.kept;
    }
    room_.notify_all();
    return result;
  }

  [[nodiscard]] Result<StreamInfo> info() override {
    const std::scoped_lock lock(mutex_);
    return StreamInfo{.entries = entries_.size(),
                      .bytes = bytes_,
                      .first = entries_.empty() ? EntryId{} : entries_.begin()->first,
                      .last = last_,
                      .damaged = 0,
                      .groups = groups_.names()};
  }

 private:
  [[nodiscard]] GroupEvent event(GroupEvent::Kind kind, std::string_view group,
                                 std::string_view consumer, std::vector<EntryId> ids) const {
    return {.kind = kind,
            .group = std::string(group),
            .consumer = std::string(consumer),
            .at = clock_.wall_now(),
            .ids = std::move(ids)};
  }

  const std::string name_;
  const StreamLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any news_;
  std::condition_variable_any room_;
  // guarded by mutex_
  std::map<EntryId, std::string> entries_;
  std::uint64_t bytes_ = 0;
  EntryId last_;
  ConsumerGroups groups_;
  Producers producers_;
};

}  // namespace

Result<std::unique_ptr<MemoryStreams>> MemoryStreams::create(const StreamLimits& limits,
                                                             const Clock& clock) {
  TEMPER_TRY_STATUS(limits.validate());
  return std::unique_ptr<MemoryStreams>(new MemoryStreams(limits, clock));
}

MemoryStreams::~MemoryStreams() = default;

Result<Stream*> MemoryStreams::open(std::string_view name) {
  TEMPER_TRY_STATUS(check_stream_name(name));
  const std::scoped_lock lock(mutex_);
  auto found = streams_.find(name);
  if (found == streams_.end()) {
    found =
        streams_.emplace(name, std::make_unique<MemoryStream>(std::string(name), limits_, clock_))
            .first;
  }
  return found->second.get();
}

Result<std::vector<std::string>> MemoryStreams::list() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  names.reserve(streams_.size());
  for (const auto& [name, stream] : streams_) names.push_back(name);
  return names;
}

}  // namespace temper::streams
