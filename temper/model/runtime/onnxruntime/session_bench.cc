// What the adapter costs on top of ONNX Runtime itself: the same model, by its C interface alone
// and through Instance::run.
#include <benchmark/benchmark.h>

#include "temper/model/runtime/bench_mlp.h"
#include "temper/model/runtime/onnxruntime/deadline_watch.h"
#include "temper/model/runtime/onnxruntime/library.h"
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

void bm_bare(benchmark::State& state) {
  const OnnxLibrary& library = *OnnxLibrary::open().value();
  const OrtApi& api = library.api();
  const auto must = [&](OrtStatus* status) {
    TEMPER_CHECK(onnx_status(api, status, OnnxActivity::kRunning).has_value());
  };
  OrtSessionOptions* options = nullptr;
  must(api.CreateSessionOptions(&options));
  must(api.SetIntraOpNumThreads(options, 1));
  OrtSession* session = nullptr;
  must(api.CreateSession(library.environment(), model().file.c_str(), options, &session));
  const Tensor x = bench_rows(state.range(0));
  OrtValue* input = nullptr;
  must(api.CreateTensorWithDataAsOrtValue(
      library.cpu_memory(), const_cast<std::byte*>(x.data.data()), x.data.size(), x.shape.data(), 2,
      ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &input));
  const char* input_name = "x";
  const char* output_name = "y";
  for (auto _ : state) {
    OrtValue* output = nullptr;
    must(api.Run(session, nullptr, &input_name, &input, 1, &output_name, 1, &output));
    api.ReleaseValue(output);
  }
  api.ReleaseValue(input);
  api.ReleaseSession(session);
  api.ReleaseSessionOptions(options);
}

void run_instance(benchmark::State& state, bool with_deadline) {
  const auto runtime = create_onnxruntime().value();
  const auto instance = runtime->load({.artifact = model().file}).value();
  const Tensor x = bench_rows(state.range(0));
  const std::size_t output = 0;
  const TimePoint deadline =
      with_deadline ? system_clock_instance().now() + std::chrono::hours(1) : kNever;
  for (auto _ : state) {
    auto answer = instance->run(
        {.inputs = std::span(&x, 1), .outputs = std::span(&output, 1), .deadline = deadline});
    benchmark::DoNotOptimize(answer);
  }
}

void bm_instance(benchmark::State& state) { run_instance(state, false); }
void bm_instance_with_deadline(benchmark::State& state) { run_instance(state, true); }

void bm_arm_and_disarm(benchmark::State& state) {
  DeadlineWatch& watch = DeadlineWatch::instance(*OnnxLibrary::open().value());
  const TimePoint deadline = system_clock_instance().now() + std::chrono::hours(1);
  for (auto _ : state) {
    const auto guard = watch.arm(deadline);
    benchmark::DoNotOptimize(guard);
  }
}

BENCHMARK(bm_bare)->Arg(1)->Arg(16);
BENCHMARK(bm_instance)->Arg(1)->Arg(16);
BENCHMARK(bm_instance_with_deadline)->Arg(1)->Arg(16);
BENCHMARK(bm_arm_and_disarm);

}  // namespace
}  // namespace temper::runtime

BENCHMARK_MAIN();
