#include "temper/cli/client/latency_recorder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "temper/core/rng.h"

namespace temper::client {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyRecorderTest, IsEmptyAtFirst) {
  const LatencyRecorder recorder;
  EXPECT_EQ(recorder.count(), 0U);
  EXPECT_EQ(recorder.quantile(0.5), Duration::zero());
}

TEST(LatencyRecorderTest, IsExactBelowTwoMicroseconds) {
  LatencyRecorder recorder;
  for (int k = 1; k <= 100; ++k) recorder.record(nanoseconds(k));
  EXPECT_EQ(recorder.quantile(0.5), nanoseconds(50));
  EXPECT_EQ(recorder.quantile(0.99), nanoseconds(99));
  EXPECT_EQ(recorder.quantile(1.0), nanoseconds(100));
  EXPECT_EQ(recorder.quantile(0.0), nanoseconds(1));
}

TEST(LatencyRecorderTest, StaysWithinOnePerMilleOfTheSortedSamples) {
  // Log-normal latencies from about 20 us to 100 ms.
  constexpr double kRelativeBucketWidth = 1.0 / 1024;
  Rng rng(7);
  LatencyRecorder recorder;
  std::vector<double> samples;
  for (int k = 0; k < 20'000; ++k) {
    const auto sample = static_cast<std::int64_t>(std::exp(14 + 1.5 * rng.normal()));
    samples.push_back(static_cast<double>(sample));
    recorder.record(nanoseconds(sample));
  }
  std::ranges::sort(samples);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 20'000.0)) - 1;
    const double found = static_cast<double>(recorder.quantile(share).count());
    EXPECT_GE(found, samples[rank]);
    EXPECT_LE(found, samples[rank] * (1 + kRelativeBucketWidth) + 1);
  }
  EXPECT_EQ(static_cast<double>(recorder.max().count()), samples.back());
}

TEST(LatencyRecorderTest, MergedPartsEqualTheWhole) {
  Rng rng(8);
  LatencyRecorder whole;
  LatencyRecorder left;
  LatencyRecorder right;
  for (int k = 0; k < 5'000; ++k) {
    const nanoseconds sample(static_cast<std::int64_t>(rng.below(50'000'000)));
    whole.record(sample);
    (k % 3 == 0 ? left : right).record(sample);
  }
  left.merge(right);
  EXPECT_EQ(left.count(), whole.count());
  EXPECT_EQ(left.max(), whole.max());
  for (double share = 0; share <= 1; share += 0.05) {
    EXPECT_EQ(left.quantile(share), whole.quantile(share));
  }
}

TEST(LatencyRecorderTest, KeepsWhatLiesOutsideItsRange) {
  LatencyRecorder recorder;
  recorder.record(nanoseconds(-5));
  recorder.record(std::chrono::hours(100));
  EXPECT_EQ(recorder.quantile(0.5), Duration::zero());
  EXPECT_EQ(recorder.max(), std::chrono::hours(100));
  EXPECT_GT(recorder.quantile(1.0), std::chrono::minutes(70));
}

}  // namespace
}  // namespace temper::client
