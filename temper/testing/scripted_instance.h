// A model whose behaviour a test writes down.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "temper/model/runtime/runtime.h"
#include "temper/testing/gate.h"

namespace temper {

/// Records every run, waits before its gate, then does what the script says.
class ScriptedInstance final : public runtime::Instance {
 public:
  using Script = std::function<Result<std::vector<Tensor>>(const runtime::RunRequest&)>;

  struct RecordedRun {
    std::int64_t rows = 0;
    std::vector<std::size_t> outputs;
    TimePoint deadline{};
    std::thread::id thread;
  };

  /// Takes "x" FP32 [-1, -1]; gives "twice" (2 x, same shape) and "sum" ([-1, 1], the rows' sums).
  /// Any value that is negative makes the run fail with kInvalidArgument.
  ScriptedInstance();
  explicit ScriptedInstance(Script script);

  [[nodiscard]] const Signature& signature() const override { return signature_; }
  [[nodiscard]] Result<std::vector<Tensor>> run(const runtime::RunRequest& request) override;

  [[nodiscard]] Gate& gate() { return gate_; }
  [[nodiscard]] std::vector<RecordedRun> runs() const;
  /// Rows of each run, in the order in which they began.
  [[nodiscard]] std::vector<std::int64_t> rows_of_runs() const;

 private:
  const Signature signature_;
  const Script script_;
  Gate gate_;
  mutable std::mutex mutex_;
  // guarded by mutex_
  std::vector<RecordedRun> runs_;
};

/// What the default script does; for scripts that only add something.
[[nodiscard]] Result<std::vector<Tensor>> double_and_sum(const runtime::RunRequest& request);

/// A FP32 matrix of `columns` columns.
[[nodiscard]] Tensor matrix(std::int64_t columns, std::span<const float> values);
[[nodiscard]] std::vector<float> values_of(const Tensor& tensor);

}  // namespace temper
