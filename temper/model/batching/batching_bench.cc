// What batching costs beside a model's own run.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <memory>

#include "temper/model/batching/executor.h"
#include "temper/testing/scripted_instance.h"

namespace temper::batching {
namespace {

/// Answers with its input: a run that costs next to nothing.
class EchoInstance final : public runtime::Instance {
 public:
  [[nodiscard]] const Signature& signature() const override { return signature_; }
  [[nodiscard]] Result<std::vector<Tensor>> run(const runtime::RunRequest& request) override {
    return std::vector<Tensor>(request.outputs.size(), request.inputs[0]);
  }

 private:
  Signature signature_;
};

const std::array<float, 50> kRow{};

Work one_row(const Clock& clock, const Tensor& row) {
  Work work;
  work.inputs.push_back(row);
  work.outputs = {0};
  work.arrival = clock.now();
  work.deadline = work.arrival + std::chrono::seconds(30);
  return work;
}

Tensor row_tensor() { return matrix(50, kRow); }

std::unique_ptr<Executor> echo_executor() {
  return std::make_unique<Executor>(
      ExecutorConfig{}, std::vector<InstanceSlots>{{.instance = std::make_shared<EchoInstance>()}},
      system_clock_instance());
}

/// The work and the run without an executor: what the next benchmarks compare with.
void bare_run(benchmark::State& state) {
  EchoInstance instance;
  const Tensor row = row_tensor();
  for (auto _ : state) {
    const Work work = one_row(system_clock_instance(), row);
    benchmark::DoNotOptimize(
        instance.run({.inputs = work.inputs, .outputs = work.outputs, .deadline = work.deadline}));
  }
}
BENCHMARK(bare_run);

/// `range` requests of one poll cycle, then one run on this thread.
void inline_runs(benchmark::State& state) {
  const auto executor = echo_executor();
  const Tensor row = row_tensor();
  std::int64_t answered = 0;
  for (auto _ : state) {
    for (std::int64_t k = 0; k < state.range(0); ++k) {
      Work work = one_row(system_clock_instance(), row);
      work.done = [&answered](const Result<Answer>& answer) { answered += answer ? 1 : 0; };
      executor->enqueue(std::move(work));
    }
    executor->run_pending();
  }
  if (answered != state.iterations() * state.range(0)) state.SkipWithError("not all answered");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(inline_runs)->Arg(1)->Arg(16)->Arg(64);

/// One request after another through an instance's thread: what the hand-over costs.
void handed_over(benchmark::State& state) {
  std::atomic<std::int64_t> answered{0};  // outlives the thread that notifies
  const auto executor = echo_executor();
  const Tensor row = row_tensor();
  for (auto _ : state) {
    const std::int64_t before = answered;
    Work work = one_row(system_clock_instance(), row);
    work.done = [&answered](const Result<Answer>&) {
      ++answered;
      answered.notify_one();
    };
    executor->submit(std::move(work));
    answered.wait(before);
  }
}
BENCHMARK(handed_over)->UseRealTime();

/// The machine alone: `range` requests in and out again.
void machine(benchmark::State& state) {
  BatchQueue queue({});
  std::vector<std::uint64_t> ids;
  const TimePoint now(std::chrono::seconds(1));
  for (auto _ : state) {
    for (std::int64_t k = 0; k < state.range(0); ++k) {
      benchmark::DoNotOptimize(queue.enqueue({.id = static_cast<std::uint64_t>(k),
                                              .arrival = now + Duration(k),
                                              .deadline = now + std::chrono::seconds(30)}));
    }
    while (const std::int64_t rows = queue.next_batch(now, ids)) {
      queue.finished(rows);
      ids.clear();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(machine)->Arg(1)->Arg(64)->Arg(4000);

}  // namespace
}  // namespace temper::batching

BENCHMARK_MAIN();
