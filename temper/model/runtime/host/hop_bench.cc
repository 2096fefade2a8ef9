// What a host adds to a run: the same model in this process and in a child behind shared memory.
#include <benchmark/benchmark.h>

#include "temper/model/runtime/bench_mlp.h"
#include "temper/model/runtime/golden_runs_fixture.h"
#include "temper/model/runtime/host/host.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"

namespace temper::runtime {
namespace {

struct Model {
  TemporaryFolder folder = TemporaryFolder::create("bench").value();
  std::filesystem::path file = write_bench_mlp(folder.path());
};

const Model& model() {
  static const Model kModel;
  return kModel;
}

/// Bytes a row: 200 in, 40 out.
void run_mlp(benchmark::State& state, Runtime& runtime) {
  const auto instance = runtime.load({.artifact = model().file}).value();
  const Tensor x = bench_rows(state.range(0));
  const std::size_t output = 0;
  for (auto _ : state) {
    auto answer = instance->run({.inputs = std::span(&x, 1), .outputs = std::span(&output, 1)});
    TEMPER_CHECK(answer.has_value());
    benchmark::DoNotOptimize(answer);
  }
}

std::unique_ptr<Runtime> host_runtime() {
  return create_host_runtime({.program = host_child_program()}).value();
}

void bm_mlp_in_process(benchmark::State& state) { run_mlp(state, *create_onnxruntime().value()); }
void bm_mlp_in_host(benchmark::State& state) { run_mlp(state, *host_runtime()); }

/// A model that does next to nothing, so that what is left is the hop itself.
void run_scalar(benchmark::State& state, Runtime& runtime) {
  const auto instance = runtime.load({.artifact = golden_model("scalar")}).value();
  const std::vector<Tensor> x = {tensor_of<float>(DataType::kFp32, {}, {3.0F})};
  for (auto _ : state) {
    auto answer = run_all(*instance, x);
    TEMPER_CHECK(answer.has_value());
    benchmark::DoNotOptimize(answer);
  }
}

void bm_scalar_in_process(benchmark::State& state) {
  run_scalar(state, *create_onnxruntime().value());
}
void bm_scalar_in_host(benchmark::State& state) { run_scalar(state, *host_runtime()); }

BENCHMARK(bm_mlp_in_process)->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK(bm_mlp_in_host)->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK(bm_scalar_in_process)->UseRealTime();
BENCHMARK(bm_scalar_in_host)->UseRealTime();

}  // namespace
}  // namespace temper::runtime

BENCHMARK_MAIN();
