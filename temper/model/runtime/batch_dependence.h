// Whether a row's answer depends on the rows that share its run.
#pragma once

#include <string>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/runtime/runtime.h"
#include "temper/model/runtime/synthetic.h"

namespace temper::runtime {

struct BatchDependence {
  bool independent = false;
  /// Why not, where not.
  std::string reason;
  /// Largest absolute difference seen; infinite when a row's NaN came and went with its mates.
  double difference = 0;
  /// Four times the difference, but at least 1e-6 of the largest output: batches of sizes that were
  /// not measured may take other kernels. 0 where no output is a float.
  double tolerance = 0;
};

/// Runs a row alone, then at the first, a middle and the last place of batches of 2 to 16 rows,
/// beside ordinary, padded, extreme, NaN and infinite mates, and with free dimensions at two sizes.
/// Kinds of mates that the model refuses, or takes too long over, are left out.
///
/// Value:   a float output may differ by 1e-5 + 1e-4 of its magnitude (FP16 and BF16: 0.01 + 0.01
/// of
///          it), what kernels that round differently leave; other outputs must be equal.
/// Edges:   a model too slow to be compared before `deadline`, or that answers made-up inputs with
/// NaN,
///          counts as dependent, and the reason says so.
/// Errors:  kUnavailable when the instance's host died.
[[nodiscard]] Result<BatchDependence> measure_batch_dependence(
    Instance& instance, const SyntheticPlan& plan, TimePoint deadline,
    const Clock& clock = system_clock_instance());

}  // namespace temper::runtime
