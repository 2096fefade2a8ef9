// How fast two samples are compared, and how fast live values are taken in.
#include <benchmark/benchmark.h>

#include <vector>

#include "temper/core/rng.h"
#include "temper/stats/column_distances.h"
#include "temper/stats/kll_sketch.h"
#include "temper/stats/moments.h"
#include "temper/stats/quantile_bins.h"

namespace temper::stats {
namespace {

std::vector<std::vector<double>> normal_columns(std::size_t rows, std::size_t columns,
                                                std::uint64_t seed, double shift) {
  Rng rng(seed);
  std::vector<std::vector<double>> table(columns, std::vector<double>(rows));
  for (auto& column : table) {
    for (double& value : column) value = rng.normal() + shift;
  }
  return table;
}

/// KS, PSI, JS and Wasserstein of every column, both sides unsorted.
void BM_CompareRaw(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto columns = static_cast<std::size_t>(state.range(1));
  const auto reference = normal_columns(rows, columns, 1, 0);
  const auto current = normal_columns(rows, columns, 2, 0.1);
  ColumnComparer comparer;
  for (auto _ : state) {
    for (std::size_t i = 0; i < columns; ++i) {
      benchmark::DoNotOptimize(comparer.compare(reference[i], current[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0) * state.range(1));
}
BENCHMARK(BM_CompareRaw)->Args({100'000, 50})->Args({1'000, 50})->Unit(benchmark::kMillisecond);

/// The same against stored references: sketch, bins and counts.
void BM_CompareStored(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto columns = static_cast<std::size_t>(state.range(1));
  const auto reference = normal_columns(rows, columns, 1, 0);
  const auto current = normal_columns(rows, columns, 2, 0.1);
  std::vector<ReferenceColumn> stored;
  for (const auto& column : reference) {
    KllSketch sketch(1024, 7);
    sketch.add(column);
    stored.emplace_back(sketch);
  }
  ColumnComparer comparer;
  for (auto _ : state) {
    for (std::size_t i = 0; i < columns; ++i) {
      benchmark::DoNotOptimize(comparer.compare(stored[i], current[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(BM_CompareStored)->Args({100'000, 50})->Args({1'000, 50})->Unit(benchmark::kMillisecond);

void BM_SketchInsert(benchmark::State& state) {
  const auto values = normal_columns(1'000'000, 1, 3, 0)[0];
  for (auto _ : state) {
    KllSketch sketch(static_cast<std::uint32_t>(state.range(0)), 7);
    sketch.add(values);
    benchmark::DoNotOptimize(sketch);
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_SketchInsert)->Arg(256)->Arg(1024)->Unit(benchmark::kMillisecond);

/// A live window's whole bookkeeping: sketch, bin counts and moments.
void BM_LiveWindow(benchmark::State& state) {
  const auto values = normal_columns(1'000'000, 1, 3, 0)[0];
  KllSketch reference(1024, 7);
  reference.add(values);
  const QuantileBins bins = QuantileBins::from_sketch(reference);
  for (auto _ : state) {
    KllSketch sketch(KllSketch::kDefaultK, 7);
    sketch.add(values);
    Moments moments;
    moments.add(values);
    benchmark::DoNotOptimize(bins.count(values));
    benchmark::DoNotOptimize(sketch);
    benchmark::DoNotOptimize(moments);
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_LiveWindow)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace temper::stats

BENCHMARK_MAIN();
