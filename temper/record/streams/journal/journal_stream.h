// One stream of the journal, as its owner has it.
//
// Callers put appends and changes of groups in a queue; one thread commits whatever waits there as
// one transaction (group commit) and wakes those who wait for it. Deliveries, claims and new groups
// take effect in memory at once and are retried until they are on the disk; acknowledgements and
// durable appends take effect when they are, or fail.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "temper/record/streams/journal/block_source.h"
#include "temper/record/streams/journal/journal.h"
#include "temper/record/streams/journal/segment.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

class JournalStream final : public Stream {
 public:
  static Result<std::unique_ptr<Stream>> open(std::string name, std::filesystem::path folder,
                                              const JournalConfig& config, const Clock& clock);
  ~JournalStream() override;

  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<Appended> append(std::string_view bytes, const AppendOptions& options) override;
  Status flush() override;
  Status create_group(std::string_view group, GroupStart start) override;
  Status remove_group(std::string_view group) override;
  Result<std::vector<Delivery>> read(const ReadRequest& request) override;
  Result<std::uint64_t> acknowledge(std::string_view group, std::span<const EntryId> ids) override;
  Result<std::vector<PendingEntry>> pending(std::string_view group,
                                            std::size_t max_entries) override;
  Result<std::vector<Delivery>> claim(const ClaimRequest& request) override;
  Result<std::vector<Entry>> range(EntryId from, EntryId to, std::size_t max_entries) override;
  Result<TrimResult> trim_before(WallTime limit) override;
  Result<StreamInfo> info() override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  /// On the stack of a caller that waits for the commit.
  struct Waiter {
    bool done = false;
    Status outcome{};
    /// Of an acknowledgement: how many entries it ended.
    std::uint64_t ended = 0;
  };
  struct Item {
    enum class Kind { kRecord, kEvent, kFlush, kSeal };
    Kind kind = Kind::kFlush;
    /// kRecord
    EntryId id{};
    std::string bytes{};
    std::optional<ProducerMark> mark{};
    /// kEvent
    GroupEvent event{};
    /// Wants the disk's word, not only the kernel's.
    bool synced = false;
    Waiter* waiter = nullptr;
  };
  struct Commit {
    std::vector<std::shared_ptr<const Block>> blocks;
    StreamChanges changes;
    bool synced = false;
    bool seal = false;
  };

  JournalStream(std::string name, std::filesystem::path folder, const JournalConfig& config,
                const Clock& clock);
  [[nodiscard]] Status load();

  // Callers' side, journal_stream.cc.
  void enqueue(Item item);
  [[nodiscard]] Status wait_for(Lock& lock, Waiter& waiter);
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  [[nodiscard]] bool is_waiting(const ProducerMark& mark) const;
  [[nodiscard]] std::vector<std::uint64_t> segment_numbers() const;
  [[nodiscard]] GroupEvent event(GroupEvent::Kind kind, std::string_view group,
                                 std::string_view consumer, std::vector<EntryId> ids) const;
  [[nodiscard]] Result<std::vector<Delivery>> deliver_new(const ReadRequest& request);
  [[nodiscard]] Status apply_and_commit(Lock& lock, GroupEvent change);
  [[nodiscard]] Result<std::uint64_t> remove_segments(EntryId end);

  // Committer's side, journal_commit.cc.
  void run(const std::stop_token& stop);
  [[nodiscard]] bool next_batch(const std::stop_token& stop, std::vector<Item>& batch);
  [[nodiscard]] Status commit(const std::vector<Item>& batch);
  [[nodiscard]] std::uint64_t active_number() const;
  void seal_active();
  void publish(const std::vector<Item>& batch, const Commit& done, std::uint64_t segment);
  void forget_mark(const Item& item);
  void give_up(std::vector<Item> batch, const Error& error);
  [[nodiscard]] static Commit assemble(const std::vector<Item>& batch);

  // Constant after construction.
  const std::string name_;
  const std::filesystem::path folder_;
  const JournalConfig config_;
  const Clock& clock_;

  // Used by the committer only, once it runs.
  std::optional<SegmentWriter> writer_;

  /// Held while blocks are read and while it is decided who is given them; taken before mutex_.
  std::mutex read_mutex_;
  // guarded by read_mutex_
  BlockSource source_;

  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any news_;
  std::condition_variable_any room_;
  std::condition_variable committed_;
  // guarded by mutex_
  std::vector<Item> queue_;
  std::uint64_t waiting_records_ = 0;
  std::uint64_t waiting_bytes_ = 0;
  int waiters_ = 0;
  /// Marks in the queue.
  std::map<std::string, Producers::Last, std::less<>> waiting_marks_;
  StreamState state_;
  EntryId last_committed_;
  /// Ascending; the last one is being written.
  std::vector<SegmentSummary> segments_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t damaged_ = 0;

  // Last, so that it ends first.
  std::jthread committer_;
};

}  // namespace temper::streams
