#include "temper/record/streams/journal/block.h"

#include "temper/core/check.h"
#include "temper/record/byte_codec.h"

namespace temper::streams {

std::shared_ptr<const Block> Block::encode(std::span<const Item> items) {
  TEMPER_CHECK(!items.empty());
  record::ByteWriter out;
  std::size_t size = 16;
  for (const Item& item : items) size += item.bytes.size() + 16;
  out.reserve(size);
  out.varint(items.size());
  EntryId before;
  for (const Item& item : items) {
    TEMPER_CHECK(item.id > before);
    out.varint(item.id.time_ms - before.time_ms);
    out.varint(item.id.sequence - (item.id.time_ms == before.time_ms ? before.sequence : 0));
    out.text(item.bytes);
    before = item.id;
  }
  std::shared_ptr<Block> block(new Block(out.take()));
  TEMPER_CHECK(block->parse());
  return block;
}

Result<std::shared_ptr<const Block>> Block::decode(std::string bytes) {
  std::shared_ptr<Block> block(new Block(std::move(bytes)));
  if (!block->parse()) return fail(ErrorCode::kInternal, "a block of records is damaged");
  return block;
}

bool Block::parse() {
  record::ByteReader in(bytes_);
  const auto count = in.varint();
  // An entry takes at least three bytes, so that damage cannot ask for much memory.
  if (!count || *count == 0 || *count > in.remaining() / 3) return false;
  items_.reserve(static_cast<std::size_t>(*count));
  EntryId before;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto later_ms = in.varint();
    const auto sequence = in.varint();
    const auto text = in.text(bytes_.size());
    if (!later_ms || !sequence || !text) return false;
    const EntryId id{.time_ms = before.time_ms + *later_ms,
                     .sequence = *sequence + (*later_ms == 0 ? before.sequence : 0)};
    if (id <= before) return false;
    items_.push_back({.id = id, .bytes = *text});
    before = id;
  }
  return in.at_end();
}

std::uint64_t Block::record_bytes() const {
  std::uint64_t sum = 0;
  for (const Item& item : items_) sum += item.bytes.size();
  return sum;
}

}  // namespace temper::streams
