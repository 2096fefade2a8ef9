// Who of a consumer group was given which entries: a step machine without clock, lock or disk.
//
// An adapter decides (`claimable`, `last_delivered`), writes the event down, and applies it;
// replayed in the same order, the events give the same state, which is how the journal survives a
// kill.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "temper/record/streams/streams.h"

namespace temper::streams {

struct GroupEvent {
  enum class Kind : std::uint8_t {
    kCreate = 1,  // ids: the last one that the group shall not be given
    kRemove = 2,
    kDeliver = 3,  // new entries, ascending
    kClaim = 4,    // pending ones, to another consumer
    kAcknowledge = 5,
    kForget = 6,  // pending ones that exist no more
  };
  Kind kind = Kind::kCreate;
  std::string group;
  std::string consumer;
  WallTime at;
  std::vector<EntryId> ids;
  bool operator==(const GroupEvent&) const = default;
};

class ConsumerGroup {
 public:
  struct Owner {
    std::string consumer;
    WallTime delivered_at;
    std::uint64_t deliveries = 1;
    bool operator==(const Owner&) const = default;
  };

  explicit ConsumerGroup(EntryId last_delivered) : last_delivered_(last_delivered) {}
  ConsumerGroup(EntryId last_delivered, std::map<EntryId, Owner> pending)
      : last_delivered_(last_delivered), pending_(std::move(pending)) {}

  [[nodiscard]] EntryId last_delivered() const { return last_delivered_; }
  [[nodiscard]] const std::map<EntryId, Owner>& pending() const { return pending_; }
  /// The oldest `max_entries` pending entries.
  [[nodiscard]] std::vector<PendingEntry> oldest(std::size_t max_entries, WallTime now) const;
  /// Pending entries that nobody was given for `min_idle` or longer, oldest first.
  [[nodiscard]] std::vector<EntryId> claimable(Duration min_idle, std::size_t max_entries,
                                               WallTime now) const;
  /// Every entry below this one is acknowledged.
  [[nodiscard]] EntryId needed_from() const;
  [[nodiscard]] std::uint64_t deliveries(EntryId id) const;

  /// Gives how many pending entries the event ended.
  std::uint64_t apply(const GroupEvent& event);

  bool operator==(const ConsumerGroup&) const = default;

 private:
  EntryId last_delivered_;
  std::map<EntryId, Owner> pending_;
};

/// The groups of one stream.
class ConsumerGroups {
 public:
  [[nodiscard]] const ConsumerGroup* find(std::string_view group) const;
  /// Errors: kNotFound.
  [[nodiscard]] Result<const ConsumerGroup*> require(std::string_view group,
                                                     std::string_view stream) const;
  /// Every entry below this one is acknowledged by all groups; the last possible id without groups.
  [[nodiscard]] EntryId needed_from() const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::map<std::string, ConsumerGroup, std::less<>>& all() const {
    return groups_;
  }
  void insert(std::string name, ConsumerGroup group);

  /// Events for unknown groups change nothing, nor does creating one that exists.
  std::uint64_t apply(const GroupEvent& event);

  bool operator==(const ConsumerGroups&) const = default;

 private:
  std::map<std::string, ConsumerGroup, std::less<>> groups_;
};

}  // namespace temper::streams
