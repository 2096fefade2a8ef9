// A binary heap of small indices that can also remove from its middle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "temper/core/check.h"

namespace temper::batching {

using HeapIndex = std::uint32_t;
/// The position of an index that is in no heap.
inline constexpr HeapIndex kNotInHeap = ~HeapIndex{0};

/// Holds each index at most once. What the indices stand for lives elsewhere, and `Items` tells:
/// `bool before(a, b)`, and `HeapIndex& position(a)`, a word the heap keeps beside each item, at
/// first kNotInHeap. An item's order may not change while it is inside. Steady state allocates
/// nothing. One thread at a time. Cost: top O(1), push, pop and erase O(log n).
template <typename Items>
class IndexedHeap {
 public:
  explicit IndexedHeap(Items items) : items_(std::move(items)) {}

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] HeapIndex top() const { return heap_.front(); }
  /// In no particular order.
  [[nodiscard]] const std::vector<HeapIndex>& indices() const { return heap_; }

  void push(HeapIndex index) {
    TEMPER_CHECK(items_.position(index) == kNotInHeap);
    heap_.push_back(index);
    rise(heap_.size() - 1);
  }

  void erase(HeapIndex index) {
    const std::size_t hole = items_.position(index);
    TEMPER_CHECK(hole < heap_.size() && heap_[hole] == index);
    const HeapIndex last = heap_.back();
    heap_.pop_back();
    items_.position(index) = kNotInHeap;
    if (hole == heap_.size()) return;
    place(hole, last);
    rise(hole);
    sink(items_.position(last));
  }

  /// Gives memory back when it holds room for more than `indices`; the heap must be empty.
  void keep_room_for(std::size_t indices) {
    TEMPER_CHECK(heap_.empty());
    if (heap_.capacity() > indices) heap_ = {};
  }

 private:
  void place(std::size_t at, HeapIndex index) {
    heap_[at] = index;
    items_.position(index) = static_cast<HeapIndex>(at);
  }

  void rise(std::size_t at) {
    const HeapIndex index = heap_[at];
    while (at > 0 && items_.before(index, heap_[(at - 1) / 2])) {
      place(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    place(at, index);
  }

  void sink(std::size_t at) {
    const HeapIndex index = heap_[at];
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && items_.before(heap_[child + 1], heap_[child])) ++child;
      if (!items_.before(heap_[child], index)) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, index);
  }

  Items items_;
  std::vector<HeapIndex> heap_;
};

}  // namespace temper::batching
