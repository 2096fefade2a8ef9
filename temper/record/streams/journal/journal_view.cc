#include "temper/record/streams/journal/journal_view.h"

#include <system_error>

namespace temper::streams {

std::unexpected<Error> JournalView::only_looking() const {
  return fail(ErrorCode::kFailedPrecondition,
              "stream '{}' is open for looking only: another process may own its journal", name_);
}

Result<Appended> JournalView::append(std::string_view /*bytes*/, const AppendOptions& /*options*/) {
  return only_looking();
}
Status JournalView::flush() { return only_looking(); }
Status JournalView::create_group(std::string_view /*group*/, GroupStart /*start*/) {
  return only_looking();
}
Status JournalView::remove_group(std::string_view /*group*/) { return only_looking(); }
Result<std::vector<Delivery>> JournalView::read(const ReadRequest& /*request*/) {
  return only_looking();
}
Result<std::uint64_t> JournalView::acknowledge(std::string_view /*group*/,
                                               std::span<const EntryId> /*ids*/) {
  return only_looking();
}
Result<std::vector<Delivery>> JournalView::claim(const ClaimRequest& /*request*/) {
  return only_looking();
}
Result<TrimResult> JournalView::trim_before(WallTime /*limit*/) { return only_looking(); }

Result<std::vector<std::uint64_t>> JournalView::segments() const {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder_, ignored)) return std::vector<std::uint64_t>{};
  return list_segments(folder_);
}

Result<StreamState> JournalView::newest_state(const std::vector<std::uint64_t>& numbers) {
  // The newest may have no snapshot yet, while its owner is making it.
  StreamState state;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    TEMPER_TRY(SegmentReader * reader, source_.reader(*number));
    TEMPER_TRY(state, reader->load_state());
    if (state.last != EntryId{} || !state.groups.all().empty()) break;
  }
  return state;
}

Result<std::vector<PendingEntry>> JournalView::pending(std::string_view group,
                                                       std::size_t max_entries) {
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY(const std::vector<std::uint64_t> numbers, segments());
  TEMPER_TRY(const StreamState state, newest_state(numbers));
  TEMPER_TRY(const ConsumerGroup* found, state.groups.require(group, name_));
  return found->oldest(max_entries, clock_.wall_now());
}

Result<std::vector<Entry>> JournalView::range(EntryId from, EntryId to, std::size_t max_entries) {
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY(const std::vector<std::uint64_t> numbers, segments());
  return source_.read(from, to, max_entries, numbers);
}

Result<StreamInfo> JournalView::info() {
  const std::scoped_lock lock(mutex_);
  TEMPER_TRY(const std::vector<std::uint64_t> numbers, segments());
  StreamInfo info;
  for (const std::uint64_t number : numbers) {
    TEMPER_TRY(const SegmentReader* reader, source_.reader(number));
    const SegmentSummary& summary = reader->summary();
    if (info.entries == 0) info.first = summary.first;
    info.entries += summary.entries;
    info.bytes += summary.record_bytes;
  }
  TEMPER_TRY(const StreamState state, newest_state(numbers));
  info.last = state.last;
  info.groups = state.groups.names();
  info.damaged = source_.damaged();
  return info;
}

}  // namespace temper::streams
