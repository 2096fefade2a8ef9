// What a stream knows besides its records: groups, producers and the last id, and their bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "temper/record/streams/consumer_group.h"
#include "temper/record/streams/producers.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Replayed from the newest segment: its snapshot, then every commit's changes in order.
struct StreamState {
  EntryId last;
  ConsumerGroups groups;
  Producers producers;
};

/// What one commit changes, besides adding records.
struct StreamChanges {
  struct ProducerNote {
    std::string producer;
    Producers::Last last;
  };
  std::vector<GroupEvent> events;
  std::vector<ProducerNote> notes;

  [[nodiscard]] bool empty() const { return events.empty() && notes.empty(); }
};

/// Format version 1 is the segment's; see docs/streams.md.
[[nodiscard]] std::string encode_state(const StreamState& state);
/// Errors: kInternal for bytes that `encode_state` does not give.
[[nodiscard]] Result<StreamState> decode_state(std::string_view bytes);
[[nodiscard]] std::string encode_changes(const StreamChanges& changes);
/// Errors: kInternal for bytes that `encode_changes` does not give.
[[nodiscard]] Result<StreamChanges> decode_changes(std::string_view bytes);

void apply(StreamState& state, const StreamChanges& changes);

}  // namespace temper::streams
