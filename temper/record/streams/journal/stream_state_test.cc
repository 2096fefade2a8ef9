#include "temper/record/streams/journal/stream_state.h"

#include <gtest/gtest.h>

#include "temper/core/rng.h"

namespace temper::streams {
namespace {

using Kind = GroupEvent::Kind;
const WallTime kNow{std::chrono::seconds(1'700'000'000)};

StreamChanges some_changes() {
  StreamChanges changes;
  changes.events = {
      {.kind = Kind::kCreate, .group = "g", .consumer = "", .at = kNow, .ids = {{1, 0}}},
      {.kind = Kind::kDeliver, .group = "g", .consumer = "a", .at = kNow, .ids = {{2, 0}, {3, 1}}},
      {.kind = Kind::kAcknowledge, .group = "g", .consumer = "", .at = kNow, .ids = {{2, 0}}},
  };
  changes.notes = {{.producer = "p", .last = {.sequence = 9, .id = {3, 1}}}};
  return changes;
}

TEST(StreamStateTest, StateAndChangesComeBack) {
  StreamState state;
  state.last = {5, 2};
  apply(state, some_changes());
  const StreamState again = decode_state(encode_state(state)).value();
  EXPECT_EQ(again.last, state.last);
  EXPECT_EQ(again.groups, state.groups);
  EXPECT_EQ(again.producers.all(), state.producers.all());
  const StreamChanges changes = decode_changes(encode_changes(some_changes())).value();
  EXPECT_EQ(changes.events, some_changes().events);
  EXPECT_EQ(changes.notes.front().producer, "p");
}

TEST(StreamStateTest, CutBytesAreRefused) {
  StreamState state;
  apply(state, some_changes());
  const std::string whole = encode_state(state);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_state(whole.substr(0, size)).has_value()) << size;
  }
  const std::string changes = encode_changes(some_changes());
  for (std::size_t size = 0; size < changes.size(); ++size) {
    EXPECT_FALSE(decode_changes(changes.substr(0, size)).has_value()) << size;
  }
}

/// As a stream makes them: without the group there is nothing but its creation.
GroupEvent random_event(Rng& rng, std::uint64_t& next_entry, bool group_exists) {
  const std::string consumer(1, static_cast<char>('a' + rng.below(3)));
  GroupEvent event{
      .kind = Kind::kDeliver, .group = "g", .consumer = consumer, .at = kNow, .ids = {}};
  const std::uint64_t choice = group_exists ? rng.below(20) : 19;
  if (choice < 8) {
    event.ids = {{++next_entry, 0}};
  } else {
    event.kind = choice < 12   ? Kind::kClaim
                 : choice < 18 ? Kind::kAcknowledge
                 : choice < 19 ? Kind::kRemove
                               : Kind::kCreate;
    event.ids = {{1 + rng.below(next_entry + 1), 0}};
  }
  return event;
}

/// A new segment's snapshot may hold what waiting changes did already; they are applied again.
TEST(StreamStateTest, ChangesAppliedAgainInOrderEndTheSame) {
  Rng rng(3);
  for (int round = 0; round < 500; ++round) {
    StreamState before;
    before.groups.insert("g", ConsumerGroup(EntryId{}));
    std::uint64_t next_entry = 0;
    const auto has_group = [](const StreamState& state) {
      return state.groups.find("g") != nullptr;
    };
    for (int i = 0; i < 20; ++i) {
      before.groups.apply(random_event(rng, next_entry, has_group(before)));
    }
    StreamState in_memory = before;
    StreamChanges waiting;
    for (int i = 0; i < 6; ++i) {
      GroupEvent event = random_event(rng, next_entry, has_group(in_memory));
      // Acknowledgements take effect only when they are on the disk.
      if (event.kind == Kind::kAcknowledge) continue;
      in_memory.groups.apply(event);
      waiting.events.push_back(std::move(event));
    }
    StreamState replayed = decode_state(encode_state(in_memory)).value();
    apply(replayed, waiting);
    // Delivery counts may be higher by the claims that count twice; never lower, and nothing else.
    ASSERT_EQ(replayed.groups.names(), in_memory.groups.names());
    const ConsumerGroup* expected = in_memory.groups.find("g");
    const ConsumerGroup* got = replayed.groups.find("g");
    if (expected == nullptr) continue;
    ASSERT_EQ(got->last_delivered(), expected->last_delivered());
    ASSERT_EQ(got->pending().size(), expected->pending().size());
    for (const auto& [id, owner] : expected->pending()) {
      EXPECT_EQ(got->pending().at(id).consumer, owner.consumer);
      EXPECT_GE(got->pending().at(id).deliveries, owner.deliveries);
    }
  }
}

}  // namespace
}  // namespace temper::streams
