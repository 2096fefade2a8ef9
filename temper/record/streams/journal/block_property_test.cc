#include <gtest/gtest.h>

#include "temper/core/rng.h"
#include "temper/record/streams/journal/block.h"

namespace temper::streams {
namespace {

constexpr std::uint64_t kSeed = 7;

struct RandomBlock {
  std::vector<std::string> texts;
  std::vector<Block::Item> items;
};

RandomBlock random_block(Rng& rng) {
  RandomBlock block;
  block.texts.resize(1 + rng.below(20));
  EntryId id{.time_ms = rng.below(1000), .sequence = rng.below(1000)};
  for (std::string& text : block.texts) {
    text.assign(rng.below(40), static_cast<char>(rng.below(256)));
    id = rng.below(2) == 0 ? id.next() : EntryId{id.time_ms + 1 + rng.below(5), rng.below(3)};
    block.items.push_back({.id = id, .bytes = text});
  }
  return block;
}

TEST(BlockPropertyTest, EveryBlockComesBack) {
  Rng rng(kSeed);
  for (int round = 0; round < 500; ++round) {
    const RandomBlock made = random_block(rng);
    const auto decoded = Block::decode(Block::encode(made.items)->bytes()).value();
    ASSERT_EQ(decoded->items().size(), made.items.size()) << "seed " << kSeed << " " << round;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < made.items.size(); ++i) {
      EXPECT_EQ(decoded->items()[i].id, made.items[i].id);
      EXPECT_EQ(decoded->items()[i].bytes, made.items[i].bytes);
      bytes += made.texts[i].size();
    }
    EXPECT_EQ(decoded->record_bytes(), bytes);
  }
}

TEST(BlockPropertyTest, CutBlocksAreRefused) {
  Rng rng(kSeed + 1);
  const RandomBlock made = random_block(rng);
  const std::string bytes = Block::encode(made.items)->bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Block::decode(bytes.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace temper::streams
