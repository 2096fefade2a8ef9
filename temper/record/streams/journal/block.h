// A block: the records of one commit, in one row of a segment.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Entries in order, as views into the block's own bytes.
class Block {
 public:
  struct Item {
    EntryId id;
    std::string_view bytes;
  };
  /// `items` must not be empty and must ascend strictly.
  static std::shared_ptr<const Block> encode(std::span<const Item> items);
  /// Errors: kInternal for bytes that `encode` does not give.
  static Result<std::shared_ptr<const Block>> decode(std::string bytes);

  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] EntryId first() const { return items_.front().id; }
  [[nodiscard]] EntryId last() const { return items_.back().id; }
  /// Sum of the records' sizes.
  [[nodiscard]] std::uint64_t record_bytes() const;

 private:
  explicit Block(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] bool parse();

  const std::string bytes_;
  std::vector<Item> items_;
};

}  // namespace temper::streams
