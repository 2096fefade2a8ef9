// Streams: ordered, bounded logs of records that consumer groups read at least once.
//
// The port and its promises; the adapters are memory/ (tests, demo), journal/ (embedded, durable)
// and redis/. Decides nothing about content: a record is bytes. What every adapter promises is
// written at the members of `Stream` and tested by one suite, stream_conformance_fixture.h.
// Reading order: this file, consumer_group.h (who has been given what), then one adapter.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::streams {

/// The streams that Temper itself writes.
inline constexpr std::string_view kPredictions = "PREDICTIONS";
inline constexpr std::string_view kDriftEvents = "DRIFT_EVENTS";
inline constexpr std::string_view kWindows = "WINDOWS";

/// Place of a record in its stream: the store's clock in milliseconds since the Unix epoch when it
/// was appended, then a count within that millisecond. Ids of one stream only grow, whatever the
/// clock does. Printed as Redis does: "1700000000000-3".
struct EntryId {
  std::uint64_t time_ms = 0;
  std::uint64_t sequence = 0;

  [[nodiscard]] std::string to_string() const;
  /// Errors: kInvalidArgument.
  [[nodiscard]] static Result<EntryId> parse(std::string_view text);
  /// The smallest id after this one.
  [[nodiscard]] EntryId next() const;
  /// The first id that a record appended at `time` can have.
  [[nodiscard]] static EntryId first_at(WallTime time);
  auto operator<=>(const EntryId&) const = default;
};

inline constexpr EntryId kLastPossibleId{.time_ms = UINT64_MAX, .sequence = UINT64_MAX};

struct Entry {
  EntryId id;
  std::string bytes;
  bool operator==(const Entry&) const = default;
};

/// An entry handed to a consumer, for the `deliveries`th time.
struct Delivery {
  Entry entry;
  std::uint64_t deliveries = 1;
};

/// Delivered, not acknowledged yet.
struct PendingEntry {
  EntryId id;
  std::string consumer;
  /// Since the last delivery.
  Duration idle{0};
  std::uint64_t deliveries = 1;
  bool operator==(const PendingEntry&) const = default;
};

struct StreamLimits {
  /// Entries that one stream holds at most, 1...
  std::uint64_t max_entries = 10'000'000;
  /// Sum of the records' sizes in bytes, 1...
  std::uint64_t max_bytes = std::uint64_t{8} << 30;
  /// Largest record, in bytes.
  std::uint64_t max_entry_bytes = std::uint64_t{16} << 20;
  /// Delivered and not acknowledged, a group; beyond, `read` refuses until some are acknowledged.
  std::uint64_t max_pending = 100'000;

  [[nodiscard]] Status validate() const;
};

/// Makes an append repeatable: the same producer's same sequence number is stored once. One
/// producer appends one record at a time, with growing numbers.
struct ProducerMark {
  /// [1..128 bytes].
  std::string producer;
  std::uint64_t sequence = 0;
};

enum class Durability {
  /// Returns when the record is in order and bounded; it reaches the disk a little later, and a
  /// kill
  /// before that loses it.
  kBuffered,
  /// Returns when the record survives a kill of every process and, as far as the store's disk keeps
  /// its promises, a power cut. (Redis: as its `appendfsync` says.)
  kDurable,
};

struct AppendOptions {
  Durability durability = Durability::kDurable;
  std::optional<ProducerMark> mark{};
  /// How long to wait for room when the stream is full; 0 = refuse at once.
  Duration wait_for_room{0};
  /// Ends the waiting early.
  std::stop_token stop{};
};

struct Appended {
  EntryId id;
  /// True where the mark says that this record was stored before. `id` is then the first one's, or
  /// 0-0 where the producer has stored later records since.
  bool duplicate = false;
};

enum class GroupStart { kFromBeginning, kFromEnd };

struct ReadRequest {
  std::string group;
  std::string consumer;
  /// 1...
  std::size_t max_entries = 100;
  /// How long to wait while there is nothing new; 0 = answer at once.
  Duration wait{0};
  std::stop_token stop{};
};

struct ClaimRequest {
  std::string group;
  std::string consumer;
  /// Only entries that nobody was given for so long.
  Duration min_idle{0};
  std::size_t max_entries = 100;
};

struct TrimResult {
  std::uint64_t removed = 0;
  /// Entries older than the limit that stay because a group has not acknowledged them, or (journal)
  /// because their segment holds younger ones.
  std::uint64_t kept = 0;
  bool operator==(const TrimResult&) const = default;
};

struct StreamInfo {
  std::uint64_t entries = 0;
  /// Sum of the records' sizes.
  std::uint64_t bytes = 0;
  /// Of the entries held; 0-0 where there is none.
  EntryId first;
  /// The last id ever given out, also after a trim; 0-0 where there was none.
  EntryId last;
  /// Entries that cannot be read any more because the disk damaged them; each is logged once.
  std::uint64_t damaged = 0;
  std::vector<std::string> groups;
};

/// One stream. Every member may be called from any thread.
///
/// Errors of all members: kUnavailable (the store cannot be reached now: try again), kInternal
/// (damage; the message says where), kCancelled (stopped while waiting).
class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// Adds a record at the end.
  ///
  /// Errors:  kResourceExhausted when the stream is full, or its disk is (only `trim_before` makes
  ///          room, nothing is ever evicted); kInvalidArgument for a record above the limit or a
  ///          bad mark; kFailedPrecondition where this process may only read. After any error the
  ///          record is not in the stream, except after kUnavailable, kCancelled and kInternal,
  ///          where it may be: repeat with the same mark.
  [[nodiscard]] virtual Result<Appended> append(std::string_view bytes,
                                                const AppendOptions& options) = 0;
  [[nodiscard]] Result<Appended> append(std::string_view bytes) { return append(bytes, {}); }

  /// Returns once everything appended so far is as safe as kDurable says.
  [[nodiscard]] virtual Status flush() = 0;

  /// A group that exists keeps its place: creating it again changes nothing. Groups survive
  /// restarts.
  [[nodiscard]] virtual Status create_group(std::string_view group, GroupStart start) = 0;
  /// What the group has not read does not hold back a trim any more. Unknown groups: kNotFound.
  [[nodiscard]] virtual Status remove_group(std::string_view group) = 0;

  /// Entries no consumer of the group was given before, in order; they are pending afterwards.
  /// Empty when there is nothing new. Only what would survive a kill is ever delivered.
  /// Errors: kNotFound without such a group; kResourceExhausted above `max_pending`.
  [[nodiscard]] virtual Result<std::vector<Delivery>> read(const ReadRequest& request) = 0;

  /// Ends the entries' pending state for good: once this has returned, no consumer of the group is
  /// given them again. Gives how many were pending until now: 0 for a second time.
  [[nodiscard]] virtual Result<std::uint64_t> acknowledge(std::string_view group,
                                                          std::span<const EntryId> ids) = 0;

  /// The oldest pending entries of a group, in order of their ids.
  [[nodiscard]] virtual Result<std::vector<PendingEntry>> pending(std::string_view group,
                                                                  std::size_t max_entries) = 0;

  /// Hands stale pending entries to this consumer, oldest first, and counts the delivery.
  [[nodiscard]] virtual Result<std::vector<Delivery>> claim(const ClaimRequest& request) = 0;

  /// Entries with `from <= id <= to`, in order, at most `max_entries`; for looking and replaying,
  /// without a group. May give fewer than there are; go on at the last one's `next()`.
  [[nodiscard]] virtual Result<std::vector<Entry>> range(EntryId from, EntryId to,
                                                         std::size_t max_entries) = 0;

  /// Removes entries appended before `limit` that every group has acknowledged.
  [[nodiscard]] virtual Result<TrimResult> trim_before(WallTime limit) = 0;

  [[nodiscard]] virtual Result<StreamInfo> info() = 0;
};

/// The streams of one place. Streams and their store may be used from any thread; a stream must not
/// outlive its store.
class StreamStore {
 public:
  virtual ~StreamStore() = default;
  /// The stream of that name; made when it does not exist. The same name gives the same object.
  /// Errors: kInvalidArgument for a name that `check_stream_name` refuses.
  [[nodiscard]] virtual Result<Stream*> open(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list() = 0;
};

/// 1..128 of [A-Za-z0-9_.-], not starting with a dot or a dash; a tenant's prefix is part of it
/// ("acme.PREDICTIONS").
[[nodiscard]] Status check_stream_name(std::string_view name);
/// 1..128 printable bytes; for groups, consumers and producers.
[[nodiscard]] Status check_member_name(std::string_view what, std::string_view name);

/// Ids that only grow: from the clock, or from the last id where the clock stands still or went
/// back.
[[nodiscard]] EntryId following_id(EntryId last, WallTime now);

}  // namespace temper::streams
