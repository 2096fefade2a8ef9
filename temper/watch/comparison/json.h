// The comparison as JSON.
#pragma once

#include <string>

#include "temper/watch/comparison/comparison.h"

namespace temper::comparison {

/// {"drift":b,"drift_score":x,"columns":[{"name":s,"type":s,"drift":b,"ks":{"statistic":x,
/// "p_value":x},"psi":x,"js":x,"wasserstein":x,...}],...}. `psi` is the plain index and
/// `psi_corrected` what the score takes; `js` is the base-2 divergence and `js_distance` its root.
/// What cannot be computed, and numbers that JSON cannot hold, are null. One line.
[[nodiscard]] std::string to_json(const Comparison& comparison);

}  // namespace temper::comparison
