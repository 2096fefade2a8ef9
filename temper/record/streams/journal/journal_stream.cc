#include "temper/record/streams/journal/journal_stream.h"

#include <algorithm>

#include "temper/core/log.h"
#include "temper/record/streams/admission.h"

namespace temper::streams {

JournalStream::JournalStream(std::string name, std::filesystem::path folder,
                             const JournalConfig& config, const Clock& clock)
    : name_(std::move(name)),
      folder_(std::move(folder)),
      config_(config),
      clock_(clock),
      source_(folder_) {}

Result<std::unique_ptr<Stream>> JournalStream::open(std::string name, std::filesystem::path folder,
                                                    const JournalConfig& config,
                                                    const Clock& clock) {
  std::unique_ptr<JournalStream> stream(
      new JournalStream(std::move(name), std::move(folder), config, clock));
  if (const Status loaded = stream->load(); !loaded) {
    return with_context(loaded.error(), fmt::format("stream '{}'", stream->name_));
  }
  stream->committer_ =
      std::jthread([&owner = *stream](const std::stop_token& stop) { owner.run(stop); });
  return stream;
}

Status JournalStream::load() {
  TEMPER_TRY_STATUS(remove_orphans(folder_));
  TEMPER_TRY(std::vector<std::uint64_t> numbers, list_segments(folder_));
  while (!numbers.empty() && !writer_) {
    TEMPER_TRY(writer_, SegmentWriter::open(folder_, numbers.back()));
    if (!writer_) {
      TEMPER_TRY_STATUS(remove_segment(folder_, numbers.back()));
      numbers.pop_back();
    }
  }
  for (const std::uint64_t number : numbers) {
    TEMPER_TRY(const SegmentReader* reader, source_.reader(number));
    segments_.push_back(reader->summary());
    entries_ += reader->summary().entries;
    bytes_ += reader->summary().record_bytes;
  }
  if (numbers.empty()) {
    TEMPER_TRY(writer_, SegmentWriter::create(folder_, 1, state_));
    segments_.push_back({.number = 1});
  } else {
    TEMPER_TRY(SegmentReader * newest, source_.reader(numbers.back()));
    TEMPER_TRY(state_, newest->load_state());
  }
  last_committed_ = state_.last;
  return {};
}

JournalStream::~JournalStream() {
  if (committer_.joinable()) {
    committer_.request_stop();
    committer_.join();
  }
}

// ---- appending

void JournalStream::enqueue(Item item) {
  if (item.kind == Item::Kind::kRecord) {
    ++waiting_records_;
    waiting_bytes_ += item.bytes.size();
    if (item.mark) {
      waiting_marks_.insert_or_assign(
          item.mark->producer, Producers::Last{.sequence = item.mark->sequence, .id = item.id});
    }
  }
  if (item.waiter != nullptr) ++waiters_;
  queue_.push_back(std::move(item));
  work_.notify_one();
}

Status JournalStream::wait_for(Lock& lock, Waiter& waiter) {
  committed_.wait(lock, [&] { return waiter.done; });
  return waiter.outcome;
}

bool JournalStream::has_room(std::size_t bytes) const {
  return entries_ + waiting_records_ < config_.limits.max_entries &&
         bytes_ + waiting_bytes_ + bytes <= config_.limits.max_bytes &&
         (waiting_bytes_ == 0 || waiting_bytes_ + bytes <= config_.max_waiting_bytes);
}

bool JournalStream::is_waiting(const ProducerMark& mark) const {
  const auto waiting = waiting_marks_.find(mark.producer);
  return waiting != waiting_marks_.end() && mark.sequence <= waiting->second.sequence;
}

Result<Appended> JournalStream::append(std::string_view bytes, const AppendOptions& options) {
  TEMPER_TRY_STATUS(check_append(bytes, options, config_.limits));
  Lock lock(mutex_);
  if (options.mark && is_waiting(*options.mark)) {
    // The first one is on the way to the disk, or about to fail.
    lock.unlock();
    TEMPER_TRY_STATUS(flush());
    lock.lock();
  }
  if (options.mark) {
    if (const auto found = state_.producers.repeated(*options.mark)) return *found;
  }
  if (!has_room(bytes.size()) && (options.wait_for_room <= Duration{0} ||
                                  !room_.wait_for(lock, options.stop, options.wait_for_room,
                                                  [&] { return has_room(bytes.size()); }))) {
    if (options.stop.stop_requested()) return stopped(name_);
    return full(name_, entries_ + waiting_records_, bytes_ + waiting_bytes_);
  }
  state_.last = following_id(state_.last, clock_.wall_now());
  const EntryId id = state_.last;
  Waiter waiter;
  const bool durable = options.durability == Durability::kDurable;
  enqueue({.kind = Item::Kind::kRecord,
           .id = id,
           .bytes = std::string(bytes),
           .mark = options.mark,
           .synced = durable,
           .waiter = durable ? &waiter : nullptr});
  if (durable) TEMPER_TRY_STATUS(wait_for(lock, waiter));
  return Appended{.id = id};
}

Status JournalStream::flush() {
  Lock lock(mutex_);
  Waiter waiter;
  enqueue({.kind = Item::Kind::kFlush, .synced = true, .waiter = &waiter});
  return wait_for(lock, waiter);
}

// ---- groups

GroupEvent JournalStream::event(GroupEvent::Kind kind, std::string_view group,
                                std::string_view consumer, std::vector<EntryId> ids) const {
  return {.kind = kind,
          .group = std::string(group),
          .consumer = std::string(consumer),
          .at = clock_.wall_now(),
          .ids = std::move(ids)};
}

Status JournalStream::apply_and_commit(Lock& lock, GroupEvent change) {
  state_.groups.apply(change);
  Waiter waiter;
  const bool lasting =
      change.kind == GroupEvent::Kind::kCreate || change.kind == GroupEvent::Kind::kRemove;
  enqueue({.kind = Item::Kind::kEvent,
           .event = std::move(change),
           .synced = lasting,
           .waiter = &waiter});
  return wait_for(lock, waiter);
}

Status JournalStream::create_group(std::string_view group, GroupStart start) {
  TEMPER_TRY_STATUS(check_member_name("group", group));
  Lock lock(mutex_);
  if (state_.groups.find(group) != nullptr) return {};
  const EntryId from = start == GroupStart::kFromEnd ? state_.last : EntryId{};
  return apply_and_commit(lock, event(GroupEvent::Kind::kCreate, group, {}, {from}));
}

Status JournalStream::remove_group(std::string_view group) {
  const std::scoped_lock reading(read_mutex_);
  Lock lock(mutex_);
  TEMPER_TRY([[maybe_unused]] const ConsumerGroup* found, state_.groups.require(group, name_));
  return apply_and_commit(lock, event(GroupEvent::Kind::kRemove, group, {}, {}));
}

Result<std::vector<Delivery>> JournalStream::read(const ReadRequest& request) {
  TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
  const TimePoint until =
      system_clock_instance().now() + std::min<Duration>(request.wait, std::chrono::hours(24));
  for (;;) {
    {
      Lock lock(mutex_);
      const auto has_news = [&] {
        const ConsumerGroup* group = state_.groups.find(request.group);
        return group == nullptr || group->last_delivered() < last_committed_;
      };
      if (request.wait > Duration{0}) news_.wait_until(lock, request.stop, until, has_news);
    }
    TEMPER_TRY(std::vector<Delivery> deliveries, deliver_new(request));
    if (!deliveries.empty() || request.wait <= Duration{0} || request.stop.stop_requested() ||
        system_clock_instance().now() >= until) {
      return deliveries;
    }
  }
}

Result<std::vector<Delivery>> JournalStream::deliver_new(const ReadRequest& request) {
  std::unique_lock reading(read_mutex_);
  Lock lock(mutex_);
  TEMPER_TRY(const ConsumerGroup* group, state_.groups.require(request.group, name_));
  TEMPER_TRY(const std::size_t room, pending_room(*group, request, config_.limits, name_));
  const EntryId after = group->last_delivered();
  const EntryId end = last_committed_;
  if (after >= end) return std::vector<Delivery>{};
  const std::vector<std::uint64_t> numbers = segment_numbers();
  lock.unlock();
  TEMPER_TRY(std::vector<Entry> entries, source_.read(after.next(), end, room, numbers));
  lock.lock();
  damaged_ = source_.damaged();
  if (entries.empty()) return std::vector<Delivery>{};
  std::vector<EntryId> ids;
  std::vector<Delivery> deliveries;
  for (Entry& entry : entries) {
    ids.push_back(entry.id);
    deliveries.push_back({.entry = std::move(entry), .deliveries = 1});
  }
  // The next reader decides from what this one was given, and need not wait for the disk.
  GroupEvent given =
      event(GroupEvent::Kind::kDeliver, request.group, request.consumer, std::move(ids));
  state_.groups.apply(given);
  Waiter waiter;
  enqueue({.kind = Item::Kind::kEvent, .event = std::move(given), .waiter = &waiter});
  reading.unlock();
  TEMPER_TRY_STATUS(wait_for(lock, waiter));
  return deliveries;
}

Result<std::uint64_t> JournalStream::acknowledge(std::string_view group,
                                                 std::span<const EntryId> ids) {
  Lock lock(mutex_);
  TEMPER_TRY([[maybe_unused]] const ConsumerGroup* found, state_.groups.require(group, name_));
  if (ids.empty()) return std::uint64_t{0};
  Waiter waiter;
  enqueue({.kind = Item::Kind::kEvent,
           .event = event(GroupEvent::Kind::kAcknowledge, group, {}, {ids.begin(), ids.end()}),
           .synced = true,
           .waiter = &waiter});
  TEMPER_TRY_STATUS(wait_for(lock, waiter));
  return waiter.ended;
}

Result<std::vector<PendingEntry>> JournalStream::pending(std::string_view group,
                                                         std::size_t max_entries) {
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY(const ConsumerGroup* found, state_.groups.require(group, name_));
  return found->oldest(max_entries, clock_.wall_now());
}

Result<std::vector<Delivery>> JournalStream::claim(const ClaimRequest& request) {
  TEMPER_TRY_STATUS(check_member_name("consumer", request.consumer));
  const std::scoped_lock reading(read_mutex_);
  Lock lock(mutex_);
  TEMPER_TRY(const ConsumerGroup* group, state_.groups.require(request.group, name_));
  const std::vector<EntryId> stale =
      group->claimable(request.min_idle, request.max_entries, clock_.wall_now());
  if (stale.empty()) return std::vector<Delivery>{};
  const std::vector<std::uint64_t> numbers = segment_numbers();
  lock.unlock();
  std::vector<Delivery> deliveries;
  std::vector<EntryId> lost;
  for (const EntryId id : stale) {
    TEMPER_TRY(std::vector<Entry> found, source_.read(id, id, 1, numbers));
    if (found.empty()) {
      lost.push_back(id);
    } else {
      deliveries.push_back({.entry = std::move(found.front()), .deliveries = 1});
    }
  }
  lock.lock();
  damaged_ = source_.damaged();
  if (!lost.empty()) {
    // Damaged on the disk; `info` counts them, and nobody can be given them again.
    TEMPER_TRY_STATUS(apply_and_commit(
        lock, event(GroupEvent::Kind::kForget, request.group, request.consumer, std::move(lost))));
  }
  std::vector<EntryId> ids;
  // Some may have been acknowledged meanwhile by the consumer that was slow.
  const ConsumerGroup* now = state_.groups.find(request.group);
  std::erase_if(deliveries, [&](const Delivery& delivery) {
    return now == nullptr || now->deliveries(delivery.entry.id) == 0;
  });
  for (Delivery& delivery : deliveries) {
    ids.push_back(delivery.entry.id);
    delivery.deliveries = now->deliveries(delivery.entry.id) + 1;
  }
  if (!ids.empty()) {
    TEMPER_TRY_STATUS(apply_and_commit(
        lock, event(GroupEvent::Kind::kClaim, request.group, request.consumer, std::move(ids))));
  }
  return deliveries;
}

// ---- looking and trimming

std::vector<std::uint64_t> JournalStream::segment_numbers() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(segments_.size());
  for (const SegmentSummary& segment : segments_) numbers.push_back(segment.number);
  return numbers;
}

Result<std::vector<Entry>> JournalStream::range(EntryId from, EntryId to, std::size_t max_entries) {
  const std::scoped_lock reading(read_mutex_);
  Lock lock(mutex_);
  const EntryId end = std::min(to, last_committed_);
  const std::vector<std::uint64_t> numbers = segment_numbers();
  lock.unlock();
  TEMPER_TRY(std::vector<Entry> entries, source_.read(from, end, max_entries, numbers));
  lock.lock();
  damaged_ = source_.damaged();
  return entries;
}

Result<TrimResult> JournalStream::trim_before(WallTime limit) {
  const EntryId wanted = EntryId::first_at(limit);
  const std::scoped_lock reading(read_mutex_);
  EntryId end;
  {
    Lock lock(mutex_);
    end = std::min(wanted, state_.groups.needed_from());
    // Only whole segments go, so that one that is old from end to end is sealed first.
    if (!segments_.back().empty() && segments_.back().last < end) {
      Waiter waiter;
      enqueue({.kind = Item::Kind::kSeal, .synced = true, .waiter = &waiter});
      TEMPER_TRY_STATUS(wait_for(lock, waiter));
    }
  }
  TrimResult result;
  TEMPER_TRY(result.removed, remove_segments(end));
  std::vector<SegmentSummary> left;
  {
    const std::scoped_lock lock(mutex_);
    left = segments_;
  }
  for (const SegmentSummary& segment : left) {
    if (segment.empty() || segment.first >= wanted) continue;
    TEMPER_TRY(const SegmentReader* reader, source_.reader(segment.number));
    for (const SegmentReader::Row& row : reader->rows()) {
      if (row.last < wanted) result.kept += row.entries;
    }
  }
  return result;
}

Result<std::uint64_t> JournalStream::remove_segments(EntryId end) {
  std::uint64_t removed = 0;
  for (;;) {
    SegmentSummary oldest;
    {
      const std::scoped_lock lock(mutex_);
      if (segments_.size() < 2) return removed;
      oldest = segments_.front();
      if (!oldest.empty() && oldest.last >= end) return removed;
    }
    source_.forget(oldest.number);
    TEMPER_TRY_STATUS(remove_segment(folder_, oldest.number));
    {
      const std::scoped_lock lock(mutex_);
      segments_.erase(segments_.begin());
      entries_ -= oldest.entries;
      bytes_ -= oldest.record_bytes;
    }
    removed += oldest.entries;
    room_.notify_all();
  }
}

Result<StreamInfo> JournalStream::info() {
  const std::scoped_lock lock(mutex_);
  StreamInfo info{.entries = entries_,
                  .bytes = bytes_,
                  .first = {},
                  .last = last_committed_,
                  .damaged = damaged_,
                  .groups = state_.groups.names()};
  for (const SegmentSummary& segment : segments_) {
    if (segment.empty()) continue;
    info.first = segment.first;
    break;
  }
  return info;
}

}  // namespace temper::streams
