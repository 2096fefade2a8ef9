// The memory that a host and its parent share: a control page, then one block of room per slot.
//
// A slot's life: the parent writes a request, sets the turn to kRequest and wakes the child; the
// child runs, writes its answer over the request, sets kAnswer and wakes the parent, which copies
// the answer out. The child may be in a hostile model's hands: the parent reads nothing from here
// twice and believes nothing it has not checked. The size is sealed, so neither can shrink the
// memory under the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "temper/core/result.h"
#include "temper/model/runtime/host/descriptor.h"

namespace temper::runtime {

/// kDead is set by the parent, once the child is no more, on slots that wait for it.
enum class Turn : std::uint32_t { kIdle, kRequest, kAnswer, kDead };
enum class HostState : std::uint32_t { kStarting, kReady, kFailed };

inline constexpr std::size_t kMaxSlots = 256;

/// Each on cache lines of its own. Atomic words: two processes use them, and no lock can be shared
/// with one that may be killed while it holds it.
struct alignas(128) SlotControl {
  std::atomic<std::uint32_t> turn;
  /// Whether a side sleeps on `turn`, so that the other need not make a system call for nothing.
  std::atomic<std::uint32_t> parent_sleeps;
  std::atomic<std::uint32_t> child_sleeps;
};

struct HostControl {
  std::uint32_t magic;
  std::uint32_t slots;
  std::uint64_t slot_bytes;
  std::uint64_t first_slot_offset;
  std::atomic<std::uint32_t> state;
  SlotControl slot[kMaxSlots];
};

/// One side's mapping of the memory.
class SharedSlots {
 public:
  /// The parent's: makes the memory. Errors: kResourceExhausted when the system gives none.
  static Result<SharedSlots> create(std::size_t slots, std::uint64_t slot_bytes);
  /// The child's: maps what it inherited as descriptor `fd`. Errors: kInternal when it is no such
  /// thing.
  static Result<SharedSlots> open(int fd);

  SharedSlots(SharedSlots&& other) noexcept;
  SharedSlots& operator=(SharedSlots&&) = delete;
  SharedSlots(const SharedSlots&) = delete;
  SharedSlots& operator=(const SharedSlots&) = delete;
  ~SharedSlots();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::size_t slots() const { return slots_; }
  [[nodiscard]] HostControl& control() const { return *control_; }
  [[nodiscard]] SlotControl& slot(std::size_t index) const { return control_->slot[index]; }
  [[nodiscard]] std::span<std::byte> room(std::size_t index) const;

  /// Gives the memory of a slot's room beyond a small rest back to the system.
  void release_room(std::size_t index, std::size_t used_bytes) const;

 private:
  SharedSlots() = default;
  static Result<SharedSlots> map(Descriptor fd, std::size_t size);

  // constant after construction; slots_ and slot_bytes_ are copies, the control page may be
  // scribbled on
  Descriptor fd_;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  HostControl* control_ = nullptr;
  std::size_t slots_ = 0;
  std::size_t slot_bytes_ = 0;
  std::size_t first_slot_offset_ = 0;
};

}  // namespace temper::runtime
