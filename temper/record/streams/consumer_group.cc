#include "temper/record/streams/consumer_group.h"

#include <algorithm>

namespace temper::streams {

std::vector<PendingEntry> ConsumerGroup::oldest(std::size_t max_entries, WallTime now) const {
  std::vector<PendingEntry> entries;
  for (const auto& [id, owner] : pending_) {
    if (entries.size() >= max_entries) break;
    entries.push_back({.id = id,
                       .consumer = owner.consumer,
                       .idle = std::max(Duration{0}, now - owner.delivered_at),
                       .deliveries = owner.deliveries});
  }
  return entries;
}

std::vector<EntryId> ConsumerGroup::claimable(Duration min_idle, std::size_t max_entries,
                                              WallTime now) const {
  std::vector<EntryId> ids;
  for (const auto& [id, owner] : pending_) {
    if (ids.size() >= max_entries) break;
    if (std::max(Duration{0}, now - owner.delivered_at) >= min_idle) ids.push_back(id);
  }
  return ids;
}

EntryId ConsumerGroup::needed_from() const {
  return pending_.empty() ? last_delivered_.next() : pending_.begin()->first;
}

std::uint64_t ConsumerGroup::deliveries(EntryId id) const {
  const auto found = pending_.find(id);
  return found == pending_.end() ? 0 : found->second.deliveries;
}

std::uint64_t ConsumerGroup::apply(const GroupEvent& event) {
  std::uint64_t ended = 0;
  for (const EntryId id : event.ids) {
    switch (event.kind) {
      case GroupEvent::Kind::kDeliver:
        pending_.insert_or_assign(
            id, Owner{.consumer = event.consumer, .delivered_at = event.at, .deliveries = 1});
        last_delivered_ = std::max(last_delivered_, id);
        break;
      case GroupEvent::Kind::kClaim:
        if (const auto found = pending_.find(id); found != pending_.end()) {
          found->second = Owner{.consumer = event.consumer,
                                .delivered_at = event.at,
                                .deliveries = found->second.deliveries + 1};
        }
        break;
      case GroupEvent::Kind::kAcknowledge:
      case GroupEvent::Kind::kForget:
        ended += pending_.erase(id);
        break;
      case GroupEvent::Kind::kCreate:
      case GroupEvent::Kind::kRemove:
        break;  // of the set of groups
    }
  }
  return ended;
}

const ConsumerGroup* ConsumerGroups::find(std::string_view group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

Result<const ConsumerGroup*> ConsumerGroups::require(std::string_view group,
                                                     std::string_view stream) const {
  const ConsumerGroup* found = find(group);
  if (found == nullptr) {
    return fail(ErrorCode::kNotFound, "stream '{}' has no consumer group '{}'", stream, group);
  }
  return found;
}

EntryId ConsumerGroups::needed_from() const {
  EntryId oldest = kLastPossibleId;
  for (const auto& [name, group] : groups_) oldest = std::min(oldest, group.needed_from());
  return oldest;
}

std::vector<std::string> ConsumerGroups::names() const {
  std::vector<std::string> names;
  names.reserve(groups_.size());
  for (const auto& [name, group] : groups_) names.push_back(name);
  return names;
}

void ConsumerGroups::insert(std::string name, ConsumerGroup group) {
  groups_.insert_or_assign(std::move(name), std::move(group));
}

std::uint64_t ConsumerGroups::apply(const GroupEvent& event) {
  if (event.kind == GroupEvent::Kind::kCreate) {
    const EntryId start = event.ids.empty() ? EntryId{} : event.ids.front();
    groups_.try_emplace(event.group, start);
    return 0;
  }
  const auto found = groups_.find(event.group);
  if (found == groups_.end()) return 0;
  if (event.kind == GroupEvent::Kind::kRemove) {
    const std::uint64_t ended = found->second.pending().size();
    groups_.erase(found);
    return ended;
  }
  return found->second.apply(event);
}

}  // namespace temper::streams
