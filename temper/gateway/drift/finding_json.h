// The evidence of a drift event as JSON: what an operator and the orchestrator read. Private to
// this folder; docs/drift.md describes the members.
#pragma once

#include <string>

#include "temper/watch/drift/check.h"
#include "temper/watch/drift/monitor.h"

namespace temper::gateway {

[[nodiscard]] std::string check_json(const drift::Check& check,
                                     const drift::Calibration& calibration);
[[nodiscard]] std::string alarm_json(const drift::Alarm& alarm,
                                     const drift::Calibration& calibration);

}  // namespace temper::gateway
