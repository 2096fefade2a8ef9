// Passing the turn of a slot between parent and child.
#pragma once

#include "temper/core/clock.h"
#include "temper/model/runtime/host/shared_slots.h"

namespace temper::runtime {

enum class Side { kParent, kChild };

/// Hands the turn over and wakes the other side if it sleeps.
void pass_turn(SlotControl& slot, Side from, Turn turn);

/// Waits while the turn is `while_turn`; gives what it has become, whatever word that is (the other
/// side may write anything), or `while_turn` itself once `deadline` has passed.
[[nodiscard]] Turn await_turn(SlotControl& slot, Side side, Turn while_turn, TimePoint deadline,
                              const Clock& clock);

}  // namespace temper::runtime
