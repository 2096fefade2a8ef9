#include "temper/record/streams/journal/stream_state.h"

#include <utility>

#include "temper/record/byte_codec.h"

namespace temper::streams {
namespace {

using record::ByteReader;
using record::ByteWriter;

constexpr std::size_t kMaxNameBytes = 128;

void write_id(ByteWriter& out, EntryId id) {
  out.varint(id.time_ms);
  out.varint(id.sequence);
}

bool read_id(ByteReader& in, EntryId& id) {
  const auto time_ms = in.varint();
  const auto sequence = in.varint();
  if (!time_ms || !sequence) return false;
  id = {.time_ms = *time_ms, .sequence = *sequence};
  return true;
}

bool read_name(ByteReader& in, std::string& name) {
  const auto text = in.text(kMaxNameBytes);
  if (text) name = *text;
  return text.has_value();
}

bool read_time(ByteReader& in, WallTime& time) {
  const auto count = in.fixed64();
  if (count) time = WallTime(Duration(static_cast<std::int64_t>(*count)));
  return count.has_value();
}

/// A count of things that take at least `least` bytes each.
bool read_count(ByteReader& in, std::size_t least, std::size_t& count) {
  const auto read = in.varint();
  if (!read || *read > in.remaining() / least) return false;
  count = static_cast<std::size_t>(*read);
  return true;
}

void write_time(ByteWriter& out, WallTime time) {
  out.fixed64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

void write_note(ByteWriter& out, std::string_view producer, const Producers::Last& last) {
  out.text(producer);
  out.varint(last.sequence);
  write_id(out, last.id);
}

bool read_note(ByteReader& in, StreamChanges::ProducerNote& note) {
  if (!read_name(in, note.producer)) return false;
  const auto sequence = in.varint();
  if (!sequence || !read_id(in, note.last.id)) return false;
  note.last.sequence = *sequence;
  return true;
}

void write_event(ByteWriter& out, const GroupEvent& event) {
  out.byte(std::to_underlying(event.kind));
  out.text(event.group);
  out.text(event.consumer);
  write_time(out, event.at);
  out.varint(event.ids.size());
  for (const EntryId id : event.ids) write_id(out, id);
}

bool read_event(ByteReader& in, GroupEvent& event) {
  const auto kind = in.byte();
  if (!kind || *kind < std::to_underlying(GroupEvent::Kind::kCreate) ||
      *kind > std::to_underlying(GroupEvent::Kind::kForget)) {
    return false;
  }
  event.kind = static_cast<GroupEvent::Kind>(*kind);
  std::size_t count = 0;
  if (!read_name(in, event.group) || !read_name(in, event.consumer) || !read_time(in, event.at) ||
      !read_count(in, 2, count)) {
    return false;
  }
  event.ids.resize(count);
  for (EntryId& id : event.ids) {
    if (!read_id(in, id)) return false;
  }
  return true;
}

void write_group(ByteWriter& out, std::string_view name, const ConsumerGroup& group) {
  out.text(name);
  write_id(out, group.last_delivered());
  out.varint(group.pending().size());
  for (const auto& [id, owner] : group.pending()) {
    write_id(out, id);
    out.text(owner.consumer);
    write_time(out, owner.delivered_at);
    out.varint(owner.deliveries);
  }
}

bool read_group(ByteReader& in, ConsumerGroups& groups) {
  std::string name;
  EntryId last_delivered;
  std::size_t count = 0;
  if (!read_name(in, name) || !read_id(in, last_delivered) || !read_count(in, 12, count)) {
    return false;
  }
  std::map<EntryId, ConsumerGroup::Owner> pending;
  for (std::size_t i = 0; i < count; ++i) {
    EntryId id;
    ConsumerGroup::Owner owner;
    if (!read_id(in, id) || !read_name(in, owner.consumer) || !read_time(in, owner.delivered_at)) {
      return false;
    }
    const auto deliveries = in.varint();
    if (!deliveries) return false;
    owner.deliveries = *deliveries;
    pending.emplace(id, std::move(owner));
  }
  groups.insert(std::move(name), ConsumerGroup(last_delivered, std::move(pending)));
  return true;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kInternal, "a stream's {} is damaged", what);
}

}  // namespace

std::string encode_state(const StreamState& state) {
  ByteWriter out;
  write_id(out, state.last);
  out.varint(state.groups.all().size());
  for (const auto& [name, group] : state.groups.all()) write_group(out, name, group);
  out.varint(state.producers.all().size());
  for (const auto& [name, last] : state.producers.all()) write_note(out, name, last);
  return out.take();
}

Result<StreamState> decode_state(std::string_view bytes) {
  ByteReader in(bytes);
  StreamState state;
  std::size_t count = 0;
  if (!read_id(in, state.last) || !read_count(in, 4, count)) return damaged("state");
  for (std::size_t i = 0; i < count; ++i) {
    if (!read_group(in, state.groups)) return damaged("state");
  }
  if (!read_count(in, 4, count)) return damaged("state");
  for (std::size_t i = 0; i < count; ++i) {
    StreamChanges::ProducerNote note;
    if (!read_note(in, note)) return damaged("state");
    state.producers.note(note.producer, note.last);
  }
  if (!in.at_end()) return damaged("state");
  return state;
}

std::string encode_changes(const StreamChanges& changes) {
  ByteWriter out;
  out.varint(changes.events.size());
  for (const GroupEvent& event : changes.events) write_event(out, event);
  out.varint(changes.notes.size());
  for (const auto& note : changes.notes) write_note(out, note.producer, note.last);
  return out.take();
}

Result<StreamChanges> decode_changes(std::string_view bytes) {
  ByteReader in(bytes);
  StreamChanges changes;
  std::size_t count = 0;
  if (!read_count(in, 12, count)) return damaged("list of changes");
  changes.events.resize(count);
  for (GroupEvent& event : changes.events) {
    if (!read_event(in, event)) return damaged("list of changes");
  }
  if (!read_count(in, 4, count)) return damaged("list of changes");
  changes.notes.resize(count);
  for (auto& note : changes.notes) {
    if (!read_note(in, note)) return damaged("list of changes");
  }
  if (!in.at_end()) return damaged("list of changes");
  return changes;
}

void apply(StreamState& state, const StreamChanges& changes) {
  for (const GroupEvent& event : changes.events) state.groups.apply(event);
  for (const auto& note : changes.notes) state.producers.note(note.producer, note.last);
}

}  // namespace temper::streams
