// One caller's request to a model version, and its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/tensor/tensor.h"

namespace temper::batching {

struct Answer {
  /// The outputs the caller asked for, in its order, with its rows only.
  std::vector<Tensor> outputs;
  /// From arrival to the start of the run, and the run itself (of the whole batch).
  Duration queued{};
  Duration computed{};
  /// Rows of all callers in that run.
  std::int64_t batch_rows = 0;
};

struct Work {
  /// In signature order, already checked by `check_inputs`.
  std::vector<Tensor> inputs;
  /// Indices into the signature's outputs.
  std::vector<std::size_t> outputs;
  std::int64_t rows = 1;
  /// 1 goes first, 9 last.
  int priority = 5;
  TimePoint arrival{};
  /// An answer that would come later than this is replaced by kDeadlineExceeded.
  TimePoint deadline = kNever;
  /// Called exactly once, on any thread, with no lock held. It must not wait.
  std::move_only_function<void(Result<Answer>)> done;
};

}  // namespace temper::batching
