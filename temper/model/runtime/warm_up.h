// Running a model on made-up inputs before the first caller does.
#pragma once

#include <cstdint>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/runtime/runtime.h"
#include "temper/model/runtime/synthetic.h"

namespace temper::runtime {

/// Looks for inputs that the model accepts: zeros first, then for each input the widest kind of
/// values that still runs, and for free dimensions the first of a few usual sizes that does. A
/// dozen runs of one row.
///
/// Errors: kInvalidArgument when the model refuses all of them, with its last reason;
/// kDeadlineExceeded when a run does not end; kResourceExhausted when every accepted size takes
/// more memory than there is; kUnavailable when its host died.
[[nodiscard]] Result<SyntheticPlan> find_synthetic_plan(Instance& instance, TimePoint deadline);

/// Runs the model once on `rows` rows of accepted inputs, so that the first caller does not pay for
/// lazy initialisation and first allocations. Errors: as above.
[[nodiscard]] Status warm_up(Instance& instance, int rows, TimePoint deadline = kNever);

/// A run that gives every output.
[[nodiscard]] Result<std::vector<Tensor>> run_every_output(Instance& instance,
                                                           std::span<const Tensor> inputs,
                                                           TimePoint deadline);

}  // namespace temper::runtime
