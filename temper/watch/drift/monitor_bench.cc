// What watching costs on the serving path: values per second of live windows and detector together.
#include <benchmark/benchmark.h>

#include "temper/watch/drift/drift_fixture.h"

namespace temper::drift {
namespace {

constexpr std::size_t kFeatures = 50;
constexpr std::size_t kRows = 1000;

struct Wide {
  std::vector<std::int64_t> time_ns;
  std::vector<std::vector<double>> numbers;
  std::vector<ReferenceColumn> reference;
  std::vector<ColumnView> columns;

  Wide(std::size_t rows, std::uint64_t seed) {
    Rng rng(seed);
    numbers.resize(kFeatures);
    for (std::size_t i = 0; i < rows; ++i) {
      time_ns.push_back(static_cast<std::int64_t>(i) * kMinuteNs);
    }
    for (auto& column : numbers) {
      for (std::size_t i = 0; i < rows; ++i) column.push_back(rng.normal());
      columns.push_back({.numbers = column, .categories = {}});
      reference.push_back({.name = "x", .role = Role::kCovariate, .values = columns.back()});
    }
  }
};

// 0 = calibrated (windows and sequential detector), 1 = threshold (windows alone).
void live_windows(benchmark::State& state) {
  const Wide reference(20'000, 1);
  auto calibration = std::make_shared<const Calibration>(
      learn({.time_ns = reference.time_ns, .columns = reference.reference}, {}).value());
  const Wide rows(kRows, 2);
  const auto policy = state.range(0) == 0 ? Policy::kCalibrated : Policy::kThreshold;
  auto monitor = Monitor::create(calibration, {.policy = policy}).value();
  for (auto _ : state) {
    auto alarms = monitor.add({.event_time_ns = rows.time_ns, .columns = rows.columns});
    benchmark::DoNotOptimize(alarms);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFeatures * kRows));
}
BENCHMARK(live_windows)->Arg(0)->Arg(1);

}  // namespace
}  // namespace temper::drift

BENCHMARK_MAIN();
