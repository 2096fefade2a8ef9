// Reads entries out of a stream's segments, with the newest and the last used blocks kept in
// memory.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "temper/record/streams/journal/block.h"
#include "temper/record/streams/journal/segment.h"

namespace temper::streams {

/// Blocks by their first id; the one that came first goes first. Safe from any thread.
class BlockCache {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

  void put(std::shared_ptr<const Block> block);
  [[nodiscard]] std::shared_ptr<const Block> get(EntryId first) const;

 private:
  mutable std::mutex mutex_;
  // guarded by mutex_
  std::map<EntryId, std::shared_ptr<const Block>> blocks_;
  std::deque<EntryId> order_;
  std::size_t bytes_ = 0;
};

/// Not thread-safe, but for the cache.
class BlockSource {
 public:
  /// One answer holds at most so many bytes, or one entry.
  static constexpr std::size_t kMaxAnswerBytes = std::size_t{32} << 20;

  explicit BlockSource(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] BlockCache& cache() { return cache_; }
  /// Entries with `from <= id <= to` of these segments, ascending. Damaged blocks are logged,
  /// counted and left out.
  [[nodiscard]] Result<std::vector<Entry>> read(EntryId from, EntryId to, std::size_t max_entries,
                                                std::span<const std::uint64_t> segments);
  /// Stays valid until `forget`, or until other segments are opened.
  [[nodiscard]] Result<SegmentReader*> reader(std::uint64_t segment);
  void forget(std::uint64_t segment);
  /// Entries found damaged so far.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  /// Open segments hold descriptors and their index in memory.
  static constexpr std::size_t kMaxOpen = 4;

  [[nodiscard]] std::shared_ptr<const Block> block(SegmentReader& reader,
                                                   const SegmentReader::Row& row);

  const std::filesystem::path folder_;
  BlockCache cache_;
  std::map<std::uint64_t, SegmentReader> open_;
  std::deque<std::uint64_t> open_order_;
  std::set<EntryId> damaged_blocks_;
  std::uint64_t damaged_ = 0;
};

}  // namespace temper::streams
