#include "temper/record/streams/journal/block_source.h"

#include <algorithm>

#include "temper/core/log.h"

namespace temper::streams {

void BlockCache::put(std::shared_ptr<const Block> block) {
  const std::scoped_lock lock(mutex_);
  const EntryId first = block->first();
  const std::size_t size = block->bytes().size();
  if (!blocks_.emplace(first, std::move(block)).second) return;
  order_.push_back(first);
  bytes_ += size;
  while (bytes_ > kMaxBytes && order_.size() > 1) {
    const auto oldest = blocks_.find(order_.front());
    bytes_ -= oldest->second->bytes().size();
    blocks_.erase(oldest);
    order_.pop_front();
  }
}

std::shared_ptr<const Block> BlockCache::get(EntryId first) const {
  const std::scoped_lock lock(mutex_);
  const auto found = blocks_.find(first);
  return found == blocks_.end() ? nullptr : found->second;
}

Result<SegmentReader*> BlockSource::reader(std::uint64_t segment) {
  if (const auto found = open_.find(segment); found != open_.end()) {
    TEMPER_TRY_STATUS(found->second.refresh());
    return &found->second;
  }
  TEMPER_TRY(SegmentReader opened, SegmentReader::open(folder_, segment));
  while (open_order_.size() >= kMaxOpen) {
    open_.erase(open_order_.front());
    open_order_.pop_front();
  }
  open_order_.push_back(segment);
  return &open_.emplace(segment, std::move(opened)).first->second;
}

void BlockSource::forget(std::uint64_t segment) {
  open_.erase(segment);
  std::erase(open_order_, segment);
}

std::shared_ptr<const Block> BlockSource::block(SegmentReader& reader,
                                                const SegmentReader::Row& row) {
  if (std::shared_ptr<const Block> cached = cache_.get(row.first)) return cached;
  if (damaged_blocks_.contains(row.first)) return nullptr;
  Result<std::shared_ptr<const Block>> loaded = reader.load(row.number);
  if (!loaded) {
    damaged_blocks_.insert(row.first);
    damaged_ += row.entries;
    log::error("records of the journal are damaged and left out",
               {{"folder", folder_.string()},
                {"segment", reader.summary().number},
                {"first", row.first.to_string()},
                {"last", row.last.to_string()},
                {"entries", row.entries},
                {"reason", loaded.error().message}});
    return nullptr;
  }
  cache_.put(*loaded);
  return *loaded;
}

Result<std::vector<Entry>> BlockSource::read(EntryId from, EntryId to, std::size_t max_entries,
                                             std::span<const std::uint64_t> segments) {
  std::vector<Entry> found;
  std::size_t bytes = 0;
  for (const std::uint64_t number : segments) {
    const Result<SegmentReader*> opened = reader(number);
    // Trimmed by its owner, which is another process.
    if (!opened && opened.error().code == ErrorCode::kNotFound) continue;
    TEMPER_TRY(SegmentReader* const segment, opened);
    if (segment->summary().empty() || segment->summary().last < from) continue;
    const std::vector<SegmentReader::Row>& rows = segment->rows();
    auto row = std::lower_bound(rows.begin(), rows.end(), from,
                                [](const auto& a, EntryId id) { return a.last < id; });
    for (; row != rows.end(); ++row) {
      if (row->first > to) return found;
      const std::shared_ptr<const Block> loaded = block(*segment, *row);
      if (loaded == nullptr) continue;
      const auto& items = loaded->items();
      auto item = std::lower_bound(items.begin(), items.end(), from,
                                   [](const auto& a, EntryId id) { return a.id < id; });
      for (; item != items.end(); ++item) {
        if (item->id > to || found.size() >= max_entries) return found;
        if (!found.empty() && bytes + item->bytes.size() > kMaxAnswerBytes) return found;
        bytes += item->bytes.size();
        found.push_back({.id = item->id, .bytes = std::string(item->bytes)});
      }
    }
  }
  return found;
}

}  // namespace temper::streams
