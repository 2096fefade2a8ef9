#include <benchmark/benchmark.h>

#include <array>

#include "temper/core/metrics.h"
#include "temper/core/rng.h"

namespace temper::metrics {
namespace {

void count(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) counter.add();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(count)->Threads(1)->Threads(2);

void observe(benchmark::State& state) {
  static Histogram histogram;
  Rng rng(1);
  std::array<Duration, 1024> durations{};
  for (Duration& duration : durations) {
    duration = Duration(static_cast<std::int64_t>(1000 * rng.exponential() * 1000));
  }
  std::size_t next = 0;
  for (auto _ : state) histogram.observe(durations[next++ % durations.size()]);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(observe)->Threads(1)->Threads(2);

void render(benchmark::State& state) {
  Registry registry;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    registry.histogram("h_seconds", "H.", {{"model", std::to_string(i)}})
        .observe(std::chrono::milliseconds(i));
  }
  for (auto _ : state) benchmark::DoNotOptimize(registry.render());
}
BENCHMARK(render)->Arg(10)->Arg(100);

}  // namespace
}  // namespace temper::metrics

BENCHMARK_MAIN();
