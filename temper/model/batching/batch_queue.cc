#include "temper/model/batching/batch_queue.h"

#include <algorithm>
#include <tuple>

namespace temper::batching {
namespace {

constexpr std::int64_t kMaxRows = 65'536;
/// A hostile mix of shapes can make as many groups as requests: each may not keep its record size.
constexpr std::size_t kRoomKeptPerGroup = 256;
/// A share is at least this long, or waking its instance were not worth it.
constexpr Duration kShortestShare = std::chrono::microseconds(200);
/// Rows of a share while the runs' cost is not known.
constexpr std::int64_t kSmallestShare = 4;
constexpr Duration kShortestRetry = std::chrono::milliseconds(1);
constexpr Duration kLongestRetry = std::chrono::seconds(10);

/// An empty request takes a place in a batch too, else a batch of them had no bound.
std::int64_t weight(const Entry& entry) { return std::max<std::int64_t>(entry.rows, 1); }

Status out_of_range(std::string_view field, std::string_view range) {
  return fail(ErrorCode::kInvalidArgument, "batching: {} must be in {}", field, range);
}

}  // namespace

Status BatchingConfig::validate() const {
  if (max_batch_rows < 1 || max_batch_rows > kMaxRows) {
    return out_of_range("max_batch_rows", "1..65536");
  }
  if (max_batch_rows_under_load < max_batch_rows || max_batch_rows_under_load > kMaxRows) {
    return out_of_range("max_batch_rows_under_load", "max_batch_rows..65536");
  }
  if (max_queue_delay < Duration{0} || max_queue_delay > kMaxQueueDelayCeiling) {
    return out_of_range("max_queue_delay", "0..50 ms");
  }
  if (max_queued_rows < 1) return out_of_range("max_queued_rows", "1..");
  if (max_queued_requests < 1 || max_queued_requests > (std::size_t{1} << 31)) {
    return out_of_range("max_queued_requests", "1..2^31");
  }
  if (priority_step < Duration{0} || priority_step > std::chrono::seconds(60)) {
    return out_of_range("priority_step", "0..60 s");
  }
  if (instances < 1) return out_of_range("instances", "1..");
  return {};
}

bool BatchQueue::goes_first(Slot a, Slot b) const {
  const Waiting& x = waiting_[a];
  const Waiting& y = waiting_[b];
  return std::tie(x.order, x.sequence) < std::tie(y.order, y.sequence);
}

bool BatchQueue::leads_first(Slot a, Slot b) const {
  return goes_first(groups_[a].members.top(), groups_[b].members.top());
}

bool BatchQueue::Members::before(Slot a, Slot b) const { return queue->goes_first(a, b); }
HeapIndex& BatchQueue::Members::position(Slot slot) const {
  return queue->waiting_[slot].position_in_group;
}

bool BatchQueue::Leaders::before(Slot a, Slot b) const { return queue->leads_first(a, b); }
HeapIndex& BatchQueue::Leaders::position(Slot slot) const {
  return queue->groups_[slot].position_in_leaders;
}

bool BatchQueue::Deadlines::before(Slot a, Slot b) const {
  return queue->waiting_[a].entry.deadline < queue->waiting_[b].entry.deadline;
}
HeapIndex& BatchQueue::Deadlines::position(Slot slot) const {
  return queue->waiting_[slot].position_in_deadlines;
}

BatchQueue::BatchQueue(const BatchingConfig& config)
    : config_(config), leaders_(Leaders{this}), deadlines_(Deadlines{this}) {
  TEMPER_CHECK(config.validate());
}

BatchQueue::Slot BatchQueue::group_of(std::uint64_t key) {
  const auto [found, is_new] = group_by_key_.try_emplace(key, Slot{0});
  if (!is_new) return found->second;
  if (free_groups_.empty()) {
    found->second = static_cast<Slot>(groups_.size());
    groups_.push_back({.key = key, .members = IndexedHeap<Members>(Members{this})});
  } else {
    found->second = free_groups_.back();
    free_groups_.pop_back();
    groups_[found->second].key = key;
  }
  return found->second;
}

std::expected<Ticket, Rejection> BatchQueue::enqueue(const Entry& entry) {
  const bool overfull = queued_requests_ >= config_.max_queued_requests ||
                        queued_rows_ + weight(entry) > config_.max_queued_rows;
  if (overfull && !empty()) {
    const Duration to_half =
        cost_.row().value_or(Duration{0}) * (queued_rows_ / 2) / config_.instances;
    return std::unexpected(
        Rejection{.retry_after = std::clamp(to_half, kShortestRetry, kLongestRetry)});
  }
  Slot slot = 0;
  if (free_waiting_.empty()) {
    slot = static_cast<Slot>(waiting_.size());
    waiting_.emplace_back();
  } else {
    slot = free_waiting_.back();
    free_waiting_.pop_back();
  }
  Waiting& waiting = waiting_[slot];
  waiting.entry = entry;
  waiting.sequence = next_sequence_++;
  waiting.order = entry.arrival + config_.priority_step *
                                      std::clamp(entry.priority, kHighestPriority, kLowestPriority);
  // The expected run is set aside: a request must still have time to run after it was held.
  const Duration run = expected_run().value_or(Duration{0});
  waiting.release = entry.arrival + config_.max_queue_delay;
  if (entry.deadline != kNever) waiting.release = std::min(waiting.release, entry.deadline - run);

  waiting.group = group_of(entry.group);
  Group& group = groups_[waiting.group];
  // The group's place depends on its first member, which the newcomer may become.
  if (!group.members.empty()) leaders_.erase(waiting.group);
  group.members.push(slot);
  group.release = std::min(group.release, waiting.release);
  group.rows += weight(entry);
  leaders_.push(waiting.group);
  if (entry.deadline != kNever) deadlines_.push(slot);
  ++queued_requests_;
  queued_rows_ += weight(entry);
  return Ticket{.slot = slot, .sequence = waiting.sequence};
}

void BatchQueue::remove(Slot slot) {
  Waiting& waiting = waiting_[slot];
  Group& group = groups_[waiting.group];
  leaders_.erase(waiting.group);
  group.members.erase(slot);
  group.rows -= weight(waiting.entry);
  if (group.members.empty()) {
    group_by_key_.erase(group.key);
    group.members.keep_room_for(kRoomKeptPerGroup);
    group.release = kNever;
    free_groups_.push_back(waiting.group);
  } else {
    leaders_.push(waiting.group);
  }
  if (waiting.entry.deadline != kNever) deadlines_.erase(slot);
  --queued_requests_;
  queued_rows_ -= weight(waiting.entry);
  waiting.sequence = 0;
  free_waiting_.push_back(slot);
}

void BatchQueue::take_expired(TimePoint now, std::vector<std::uint64_t>& ids) {
  while (!deadlines_.empty() && next_deadline() <= now) {
    const Slot slot = deadlines_.top();
    ids.push_back(waiting_[slot].entry.id);
    remove(slot);
  }
}

std::optional<std::uint64_t> BatchQueue::cancel(const Ticket& ticket) {
  if (ticket.sequence == 0 || ticket.slot >= waiting_.size() ||
      waiting_[ticket.slot].sequence != ticket.sequence) {
    return std::nullopt;
  }
  const std::uint64_t id = waiting_[ticket.slot].entry.id;
  remove(ticket.slot);
  return id;
}

std::int64_t BatchQueue::row_bound() const {
  // What runs comes back in a closed loop: a share of the queue alone would shrink with every turn.
  const std::int64_t share =
      (queued_rows_ + running_rows_ + config_.instances - 1) / config_.instances;
  std::int64_t worth_a_run = config_.max_batch_rows;
  if (const auto row = cost_.row()) {
    const std::int64_t smallest = cost_.rows_worth_their_base().value_or(kSmallestShare);
    worth_a_run = std::clamp(kShortestShare / std::max(*row, Duration(1)),
                             std::min(smallest, config_.max_batch_rows), config_.max_batch_rows);
  }
  return std::clamp(share, worth_a_run, config_.max_batch_rows_under_load);
}

bool BatchQueue::full(const Group& group) const {
  return group.rows >= config_.max_batch_rows || !waiting_[group.members.top()].entry.batchable;
}

void BatchQueue::refresh_release(Group& group) {
  group.release = kNever;
  for (const Slot slot : group.members.indices()) {
    group.release = std::min(group.release, waiting_[slot].release);
  }
}

std::optional<BatchQueue::Slot> BatchQueue::first_ready_group(TimePoint now) const {
  if (leaders_.empty()) return std::nullopt;
  if (config_.eager) return leaders_.top();
  std::optional<Slot> best;
  for (const Slot group : leaders_.indices()) {
    if (best && !leads_first(group, *best)) continue;
    if (full(groups_[group]) || groups_[group].release <= now) best = group;
  }
  return best;
}

bool BatchQueue::runnable(TimePoint now) const { return first_ready_group(now).has_value(); }

TimePoint BatchQueue::held_until() const {
  TimePoint earliest = kNever;
  if (config_.eager) return earliest;
  for (const Slot group : leaders_.indices()) {
    if (!full(groups_[group])) earliest = std::min(earliest, groups_[group].release);
  }
  return earliest;
}

TimePoint BatchQueue::next_deadline() const {
  return deadlines_.empty() ? kNever : waiting_[deadlines_.top()].entry.deadline;
}

std::int64_t BatchQueue::next_batch(TimePoint now, std::vector<std::uint64_t>& ids) {
  TEMPER_CHECK(deadlines_.empty() || next_deadline() > now);
  const std::optional<Slot> ready = first_ready_group(now);
  if (!ready) return 0;
  Group& group = groups_[*ready];
  const std::int64_t bound = row_bound();
  std::int64_t rows = 0;
  bool shares = true;
  while (shares && !group.members.empty()) {
    const Slot slot = group.members.top();
    const Entry& entry = waiting_[slot].entry;
    const bool first = rows == 0;
    if (!first && (!entry.batchable || rows + weight(entry) > bound)) break;
    shares = entry.batchable;
    rows += weight(entry);
    ids.push_back(entry.id);
    remove(slot);
  }
  // Those that left otherwise may keep the time too early, never too late.
  if (!config_.eager) refresh_release(group);
  running_rows_ += rows;
  return rows;
}

}  // namespace temper::batching
