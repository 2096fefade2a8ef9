#include "temper/model/batching/indexed_heap.h"

#include <gtest/gtest.h>

#include <set>

#include "temper/core/rng.h"

namespace temper::batching {
namespace {

struct Item {
  int key = 0;
  HeapIndex position = kNotInHeap;
};

struct Items {
  std::vector<Item>* all;
  [[nodiscard]] bool before(HeapIndex a, HeapIndex b) const {
    return (*all)[a].key < (*all)[b].key;
  }
  [[nodiscard]] HeapIndex& position(HeapIndex index) const { return (*all)[index].position; }
};

TEST(IndexedHeapTest, GivesTheFirstInOrder) {
  std::vector<Item> all{{.key = 5}, {.key = 3}, {.key = 9}};
  IndexedHeap<Items> heap(Items{&all});
  for (HeapIndex i = 0; i < 3; ++i) heap.push(i);
  EXPECT_EQ(heap.top(), 1U);
  heap.erase(1);
  EXPECT_EQ(heap.top(), 0U);
  EXPECT_EQ(heap.size(), 2U);
}

TEST(IndexedHeapTest, AgreesWithASortedSetOnRandomPushesAndErasures) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<Item> all(40);
    for (Item& item : all) item.key = static_cast<int>(rng.below(20));
    IndexedHeap<Items> heap(Items{&all});
    std::set<std::pair<int, HeapIndex>> expected;
    for (int step = 0; step < 200; ++step) {
      const auto index = static_cast<HeapIndex>(rng.below(all.size()));
      const std::pair<int, HeapIndex> pair{all[index].key, index};
      if (expected.contains(pair)) {
        heap.erase(index);
        expected.erase(pair);
      } else {
        heap.push(index);
        expected.insert(pair);
      }
      ASSERT_EQ(heap.size(), expected.size());
      if (!expected.empty()) {
        ASSERT_EQ(all[heap.top()].key, expected.begin()->first);
      }
    }
  }
}

TEST(IndexedHeapDeathTest, ErasingWhatIsNotInsideIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::vector<Item> all(2);
  IndexedHeap<Items> heap(Items{&all});
  heap.push(0);
  EXPECT_DEATH(heap.erase(1), "invariant broken");
  EXPECT_DEATH(heap.push(0), "invariant broken");
}

}  // namespace
}  // namespace temper::batching
