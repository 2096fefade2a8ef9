// The journal's committer: what waits becomes one transaction.
#include <algorithm>

#include "temper/core/log.h"
#include "temper/record/streams/journal/journal_stream.h"

namespace temper::streams {
namespace {

/// Records waiting for less than this may wait for others.
constexpr std::uint64_t kCommitAtBytes = std::uint64_t{1} << 20;
/// One row of a segment holds at most so much, or one record.
constexpr std::size_t kMaxBlockBytes = std::size_t{4} << 20;
/// Changes are folded into a new snapshot after so many rows.
constexpr std::uint64_t kSnapshotEvery = 4096;
/// Pause after a failed commit: a full disk is not made free by asking.
constexpr auto kRetryAfter = std::chrono::milliseconds(100);

}  // namespace

void JournalStream::run(const std::stop_token& stop) {
  std::vector<Item> batch;
  while (next_batch(stop, batch)) {
    const Status done = commit(batch);
    if (done) {
      batch.clear();
      continue;
    }
    give_up(std::move(batch), done.error());
    batch.clear();
    Lock lock(mutex_);
    if (!stop.stop_requested()) {
      work_.wait_for(lock, stop, kRetryAfter, [] { return false; });
    } else if (!queue_.empty()) {
      log::error(
          "buffered records of a stream are lost: the journal cannot be written",
          {{"stream", name_}, {"records", waiting_records_}, {"reason", done.error().message}});
      return;
    }
  }
}

/// False when it is time to end and nothing waits.
bool JournalStream::next_batch(const std::stop_token& stop, std::vector<Item>& batch) {
  Lock lock(mutex_);
  work_.wait(lock, stop, [&] { return !queue_.empty(); });
  if (queue_.empty()) return false;
  if (waiters_ == 0) {
    work_.wait_for(lock, stop, config_.linger,
                   [&] { return waiters_ > 0 || waiting_bytes_ >= kCommitAtBytes; });
  }
  batch.swap(queue_);
  return true;
}

JournalStream::Commit JournalStream::assemble(const std::vector<Item>& batch) {
  Commit commit;
  std::vector<Block::Item> block;
  std::size_t block_bytes = 0;
  const auto close_block = [&] {
    if (!block.empty()) commit.blocks.push_back(Block::encode(block));
    block.clear();
    block_bytes = 0;
  };
  for (const Item& item : batch) {
    commit.synced = commit.synced || item.synced;
    switch (item.kind) {
      case Item::Kind::kRecord:
        if (block_bytes + item.bytes.size() > kMaxBlockBytes) close_block();
        block.push_back({.id = item.id, .bytes = item.bytes});
        block_bytes += item.bytes.size();
        if (item.mark) {
          commit.changes.notes.push_back(
              {.producer = item.mark->producer,
               .last = {.sequence = item.mark->sequence, .id = item.id}});
        }
        break;
      case Item::Kind::kEvent:
        commit.changes.events.push_back(item.event);
        break;
      case Item::Kind::kSeal:
        commit.seal = true;
        break;
      case Item::Kind::kFlush:
        break;
    }
  }
  close_block();
  return commit;
}

Status JournalStream::commit(const std::vector<Item>& batch) {
  const Commit work = assemble(batch);
  SegmentSummary active;
  std::optional<StreamState> snapshot;
  {
    const std::scoped_lock lock(mutex_);
    active = segments_.back();
    if (writer_->change_rows() >= kSnapshotEvery) snapshot = state_;
  }
  const bool has_aged =
      !active.empty() && !work.blocks.empty() &&
      work.blocks.back()->last() >=
          EntryId::first_at(WallTime(std::chrono::milliseconds(active.first.time_ms)) +
                            config_.segment_max_age);
  if (active.record_bytes >= config_.segment_max_bytes || has_aged) {
    seal_active();
    snapshot.reset();
  }
  const std::uint64_t segment = active_number();
  TEMPER_TRY_STATUS(
      writer_->commit(work.blocks, work.changes, snapshot ? &*snapshot : nullptr, work.synced));
  for (const std::shared_ptr<const Block>& block : work.blocks) source_.cache().put(block);
  if (work.seal) seal_active();
  publish(batch, work, segment);
  return {};
}

std::uint64_t JournalStream::active_number() const {
  const std::scoped_lock lock(mutex_);
  return segments_.back().number;
}

/// Begins a new segment, and moves the old one whole into its main file. Where that fails, as it
/// does on a full disk, the old one stays in use.
void JournalStream::seal_active() {
  StreamState state;
  {
    const std::scoped_lock lock(mutex_);
    // It may hold effects of changes that still wait: applied again in order, they end the same.
    state = state_;
  }
  const std::uint64_t number = active_number() + 1;
  Result<SegmentWriter> next = SegmentWriter::create(folder_, number, state);
  if (!next) {
    log::warning("a segment grows on: the next one cannot be made",
                 {{"stream", name_}, {"segment", number - 1}, {"reason", next.error().message}});
    return;
  }
  if (const Status sealed = writer_->seal(); !sealed) {
    // Nothing is lost: a segment's log is read as well as its main file.
    log::warning("a sealed segment keeps its log",
                 {{"stream", name_}, {"segment", number - 1}, {"reason", sealed.error().message}});
  }
  writer_.emplace(std::move(*next));
  const std::scoped_lock lock(mutex_);
  segments_.push_back({.number = number});
}

void JournalStream::forget_mark(const Item& item) {
  if (!item.mark) return;
  const auto waiting = waiting_marks_.find(item.mark->producer);
  if (waiting != waiting_marks_.end() && waiting->second.id == item.id) {
    waiting_marks_.erase(waiting);
  }
}

void JournalStream::publish(const std::vector<Item>& batch, const Commit& done,
                            std::uint64_t segment) {
  {
    const std::scoped_lock lock(mutex_);
    const auto written = std::find_if(segments_.begin(), segments_.end(),
                                      [&](const auto& s) { return s.number == segment; });
    for (const std::shared_ptr<const Block>& block : done.blocks) {
      written->add(*block);
      entries_ += block->items().size();
      bytes_ += block->record_bytes();
      last_committed_ = block->last();
    }
    for (const Item& item : batch) {
      if (item.kind == Item::Kind::kRecord) {
        --waiting_records_;
        waiting_bytes_ -= item.bytes.size();
        if (item.mark) {
          state_.producers.note(item.mark->producer,
                                {.sequence = item.mark->sequence, .id = item.id});
        }
        forget_mark(item);
      }
      std::uint64_t ended = 0;
      if (item.kind == Item::Kind::kEvent && item.event.kind == GroupEvent::Kind::kAcknowledge) {
        ended = state_.groups.apply(item.event);
      }
      if (item.waiter != nullptr) {
        item.waiter->ended = ended;
        item.waiter->done = true;
        --waiters_;
      }
    }
  }
  committed_.notify_all();
  if (!done.blocks.empty()) {
    news_.notify_all();
    room_.notify_all();
  }
}

/// After a failed commit: those who wait learn of it. Buffered records and changes that are already
/// in effect stay in the queue, in front.
void JournalStream::give_up(std::vector<Item> batch, const Error& error) {
  log::warning("a commit to the journal failed", {{"stream", name_}, {"reason", error.message}});
  {
    const std::scoped_lock lock(mutex_);
    std::vector<Item> kept;
    for (Item& item : batch) {
      const bool waits = item.waiter != nullptr;
      if (waits) {
        item.waiter->outcome = std::unexpected(error);
        item.waiter->done = true;
        item.waiter = nullptr;
        --waiters_;
      }
      const bool in_effect =
          item.kind == Item::Kind::kEvent && item.event.kind != GroupEvent::Kind::kAcknowledge;
      if (in_effect || (item.kind == Item::Kind::kRecord && !waits)) {
        kept.push_back(std::move(item));
        continue;
      }
      if (item.kind != Item::Kind::kRecord) continue;
      --waiting_records_;
      waiting_bytes_ -= item.bytes.size();
      forget_mark(item);
    }
    std::move(queue_.begin(), queue_.end(), std::back_inserter(kept));
    queue_ = std::move(kept);
  }
  committed_.notify_all();
  room_.notify_all();
}

}  // namespace temper::streams
