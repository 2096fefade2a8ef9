#include "temper/model/runtime/host/slot_turn.h"

#include "temper/model/runtime/host/futex.h"

namespace temper::runtime {
namespace {

std::atomic<std::uint32_t>& sleeps(SlotControl& slot, Side side) {
  return side == Side::kParent ? slot.parent_sleeps : slot.child_sleeps;
}

}  // namespace

void pass_turn(SlotControl& slot, Side from, Turn turn) {
  // Sequentially consistent, here and below: either the waiter sees the new turn before it sleeps,
  // or this side sees that it sleeps.
  slot.turn.store(static_cast<std::uint32_t>(turn));
  if (sleeps(slot, from == Side::kParent ? Side::kChild : Side::kParent).load() != 0) {
    futex_wake_all(slot.turn);
  }
}

Turn await_turn(SlotControl& slot, Side side, Turn while_turn, TimePoint deadline,
                const Clock& clock) {
  const auto waited = static_cast<std::uint32_t>(while_turn);
  std::uint32_t turn = slot.turn.load();
  if (turn != waited) return static_cast<Turn>(turn);
  sleeps(slot, side).store(1);
  for (turn = slot.turn.load(); turn == waited; turn = slot.turn.load()) {
    if (deadline != kNever && clock.now() >= deadline) break;
    futex_wait(slot.turn, waited, deadline);
  }
  sleeps(slot, side).store(0);
  return static_cast<Turn>(turn);
}

}  // namespace temper::runtime
