#include "temper/record/streams/streams.h"

#include <algorithm>
#include <charconv>

namespace temper::streams {
namespace {

constexpr std::size_t kMaxNameBytes = 128;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::uint64_t milliseconds(WallTime time) {
  const auto count = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

bool parse_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string EntryId::to_string() const { return fmt::format("{}-{}", time_ms, sequence); }

Result<EntryId> EntryId::parse(std::string_view text) {
  EntryId id;
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || !parse_number(text.substr(0, dash), id.time_ms) ||
      !parse_number(text.substr(dash + 1), id.sequence)) {
    return fail(ErrorCode::kInvalidArgument,
                "a stream entry's id is MILLISECONDS-SEQUENCE, not '{}'",
                text.substr(0, kMaxNameBytes));
  }
  return id;
}

EntryId EntryId::next() const {
  if (sequence != UINT64_MAX) return {.time_ms = time_ms, .sequence = sequence + 1};
  if (time_ms != UINT64_MAX) return {.time_ms = time_ms + 1, .sequence = 0};
  return *this;
}

EntryId EntryId::first_at(WallTime time) { return {.time_ms = milliseconds(time), .sequence = 0}; }

Status StreamLimits::validate() const {
  if (max_entries == 0) return fail(ErrorCode::kInvalidArgument, "max_entries must be positive");
  if (max_bytes == 0) return fail(ErrorCode::kInvalidArgument, "max_bytes must be positive");
  if (max_pending == 0) return fail(ErrorCode::kInvalidArgument, "max_pending must be positive");
  // Block sizes are kept in 32 bits.
  if (max_entry_bytes == 0 || max_entry_bytes > (std::uint64_t{1} << 30)) {
    return fail(ErrorCode::kInvalidArgument, "max_entry_bytes must be in 1..2^30, not {}",
                max_entry_bytes);
  }
  return {};
}

Status check_stream_name(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
                    name.front() != '-' && std::all_of(name.begin(), name.end(), is_name_byte);
  if (fits) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      "a stream's name has 1..128 of [A-Za-z0-9_.-] and starts with no dot or dash, not '{}'",
      name.substr(0, kMaxNameBytes));
}

Status check_member_name(std::string_view what, std::string_view name) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!name.empty() && name.size() <= kMaxNameBytes &&
      std::all_of(name.begin(), name.end(), printable)) {
    return {};
  }
  return fail(ErrorCode::kInvalidArgument, "a {}'s name has 1..128 printable bytes", what);
}

EntryId following_id(EntryId last, WallTime now) {
  return std::max(EntryId::first_at(now), last.next());
}

}  // namespace temper::streams
