#include "temper/core/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "temper/core/rng.h"

namespace temper::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CounterTest, AddsUpOverThreads) {
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 12; ++t) {
      threads.emplace_back([&counter] {
        for (int i = 0; i < 10'000; ++i) counter.add();
        counter.add(5);
      });
    }
    while (counter.value() < 1000) std::this_thread::yield();  // a read beside the writers
  }
  EXPECT_EQ(counter.value(), 12U * 10'005U);
}

TEST(GaugeTest, HoldsItsLevel) {
  Gauge gauge;
  gauge.set(2.5);
  gauge.add(-4);
  EXPECT_DOUBLE_EQ(gauge.value(), -1.5);
}

TEST(BucketTest, UpperEndsBelongToTheirBucket) {
  for (std::size_t i = 0; i < kBoundaries; ++i) {
    const auto upper = static_cast<std::uint64_t>(std::floor(bucket_upper_seconds(i) * 1e9));
    EXPECT_EQ(bucket_index(upper), i);
    EXPECT_EQ(bucket_index(upper + 1), i + 1);
  }
}

TEST(BucketTest, EndsAreTheNativeHistogramsOfSchema2) {
  EXPECT_DOUBLE_EQ(bucket_upper_seconds(0), 0x1p-20);
  EXPECT_DOUBLE_EQ(bucket_upper_seconds(80), 1.0);
  EXPECT_DOUBLE_EQ(bucket_upper_seconds(81), std::pow(2, 0.25));
  EXPECT_DOUBLE_EQ(bucket_upper_seconds(kBoundaries - 1), 128.0);
  EXPECT_TRUE(std::isinf(bucket_upper_seconds(kBuckets - 1)));
}

TEST(BucketTest, TheExtremesHaveABucket) {
  EXPECT_EQ(bucket_index(0), 0U);
  EXPECT_EQ(bucket_index(1), 0U);
  EXPECT_EQ(bucket_index(128'000'000'000), kBoundaries - 1);
  EXPECT_EQ(bucket_index(128'000'000'001), kBuckets - 1);
  EXPECT_EQ(bucket_index(~std::uint64_t{0}), kBuckets - 1);
}

TEST(HistogramTest, ANegativeDurationCountsAsZero) {
  Histogram histogram;
  histogram.observe(Duration(-5));
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.counts[0], 1U);
  EXPECT_EQ(snapshot.sum_ns, 0U);
}

TEST(HistogramTest, KnowsCountAndSum) {
  Histogram histogram;
  histogram.observe(milliseconds(3));
  histogram.observe(milliseconds(4));
  EXPECT_EQ(histogram.snapshot().count(), 2U);
  EXPECT_EQ(histogram.snapshot().sum_ns, 7'000'000U);
}

TEST(HistogramTest, LosesNothingUnderConcurrency) {
  Histogram histogram;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 12; ++t) {
      threads.emplace_back([&histogram, t] {
        for (int i = 0; i < 5000; ++i) histogram.observe(microseconds(t + 1));
      });
    }
    while (histogram.snapshot().count() < 1000) std::this_thread::yield();
  }
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.count(), 60'000U);
  EXPECT_EQ(snapshot.sum_ns, 5000U * 78U * 1000U);
}

TEST(QuantileTest, OfNothingIsNothing) {
  EXPECT_EQ(HistogramSnapshot{}.quantile(0.5), std::nullopt);
}

TEST(QuantileTest, AboveTheLastBoundarySaysTheBoundary) {
  Histogram histogram;
  histogram.observe(seconds(1000));
  EXPECT_EQ(histogram.snapshot().quantile(0.5), seconds(128));
}

Duration any_duration(Rng& rng) {
  // Log-uniform over 100 ns .. 100 s, so that every octave is hit.
  return Duration(static_cast<std::int64_t>(100.0 * std::pow(10.0, 9.0 * rng.uniform())));
}

TEST(QuantilePropertyTest, StaysWithinTheDocumentedError) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Histogram histogram;
    std::vector<std::int64_t> observed;
    const std::size_t n = 1 + rng.below(500);
    for (std::size_t i = 0; i < n; ++i) {
      const Duration duration = any_duration(rng);
      observed.push_back(duration.count());
      histogram.observe(duration);
    }
    std::ranges::sort(observed);
    for (const double q : {0.0, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double rank = std::max(1.0, std::ceil(q * static_cast<double>(n)));
      const auto exact = static_cast<double>(observed[static_cast<std::size_t>(rank) - 1]);
      const auto estimate = static_cast<double>(histogram.snapshot().quantile(q)->count());
      const double bound = std::max(exact * (std::pow(2, 0.25) - 1), 954.0) + 1;  // whole ns
      ASSERT_NEAR(estimate, exact, bound) << "q " << q;
    }
  }
}

TEST(QuantilePropertyTest, AMergeEqualsTheWhole) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Histogram whole;
    std::array<Histogram, 3> parts;
    for (int i = 0; i < 300; ++i) {
      const Duration duration = any_duration(rng);
      whole.observe(duration);
      parts[rng.below(3)].observe(duration);
    }
    HistogramSnapshot merged = parts[0].snapshot();
    merged.merge(parts[1].snapshot());
    merged.merge(parts[2].snapshot());
    ASSERT_EQ(merged, whole.snapshot());
  }
}

TEST(RegistryTest, TheSameLabelsGiveTheSameSeriesInAnyOrder) {
  Registry registry;
  Counter& one = registry.counter("c_total", "C.", {{"a", "1"}, {"b", "2"}});
  Counter& two = registry.counter("c_total", "C.", {{"b", "2"}, {"a", "1"}});
  EXPECT_EQ(&one, &two);
  EXPECT_NE(&one, &registry.counter("c_total", "C.", {{"a", "1"}, {"b", "3"}}));
}

TEST(RegistryTest, RendersCountersAndGauges) {
  Registry registry;
  registry.counter("temper_requests_total", "Requests.", {{"model", "m"}}).add(3);
  registry.gauge("temper_queue_rows", "Rows\nqueued \\ now.").set(1.5);
  EXPECT_EQ(registry.render(),
            "# HELP temper_queue_rows Rows\\nqueued \\\\ now.\n"
            "# TYPE temper_queue_rows gauge\n"
            "temper_queue_rows 1.5\n"
            "# HELP temper_requests_total Requests.\n"
            "# TYPE temper_requests_total counter\n"
            "temper_requests_total{model=\"m\"} 3\n");
}

TEST(RegistryTest, EscapesLabelValues) {
  Registry registry;
  registry.counter("c_total", "C.", {{"model", "a\"b\\c\nd"}}).add();
  EXPECT_TRUE(contains(registry.render(), "c_total{model=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(RegistryTest, RendersAHistogramAsCumulativeBuckets) {
  Registry registry;
  Histogram& histogram = registry.histogram("h_seconds", "H.", {{"model", "m"}});
  histogram.observe(milliseconds(500));  // the upper end of 0.5 belongs to it
  histogram.observe(seconds(1));
  histogram.observe(seconds(500));
  const std::string text = registry.render();
  EXPECT_TRUE(contains(text, "# TYPE h_seconds histogram\n"));
  EXPECT_TRUE(contains(text, "h_seconds_bucket{model=\"m\",le=\"0.25\"} 0\n")) << text;
  EXPECT_TRUE(contains(text, "h_seconds_bucket{model=\"m\",le=\"0.5\"} 1\n"));
  EXPECT_TRUE(contains(text, "h_seconds_bucket{model=\"m\",le=\"1\"} 2\n") ||
              contains(text, "h_seconds_bucket{model=\"m\",le=\"1.0\"} 2\n"));
  EXPECT_TRUE(contains(text, "h_seconds_bucket{model=\"m\",le=\"+Inf\"} 3\n"));
  EXPECT_TRUE(contains(text, "h_seconds_sum{model=\"m\"} 501.5\n"));
  EXPECT_TRUE(contains(text, "h_seconds_count{model=\"m\"} 3\n"));
}

TEST(RegistryTest, EveryHistogramShowsTheSameBounds) {
  Registry registry;
  registry.histogram("empty_seconds", "E.");
  const std::string text = registry.render();
  std::size_t lines = 0;
  for (std::size_t at = text.find("_bucket"); at != std::string::npos;
       at = text.find("_bucket", at + 1)) {
    ++lines;
  }
  EXPECT_EQ(lines, 56U);  // two per octave over 27 octaves, both ends, and +Inf
}

TEST(RegistryTest, CountsLabelSetsBeyondTheBoundAsOther) {
  Registry registry;
  for (std::size_t i = 0; i < Registry::kMaxSeriesPerFamily + 50; ++i) {
    registry.counter("c_total", "C.", {{"model", std::to_string(i)}}).add();
  }
  EXPECT_EQ(registry.counter("c_total", "C.", {{"model", "other"}}).value(), 50U);
  EXPECT_EQ(registry.counter("c_total", "C.", {{"model", "7"}}).value(), 1U);
}

TEST(RegistryTest, ManyThreadsRegisterAndRenderAtOnce) {
  Registry registry;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&registry] {
        for (int i = 0; i < 200; ++i) {
          registry.counter("c_total", "C.", {{"i", std::to_string(i % 20)}}).add();
          if (i % 50 == 0) {
            EXPECT_FALSE(registry.render().empty());
          }
        }
      });
    }
  }
  EXPECT_EQ(registry.counter("c_total", "C.", {{"i", "3"}}).value(), 40U);
}

TEST(RegistryDeathTest, ANameThatChangesItsKindIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Registry registry;
  registry.counter("x", "X.");
  EXPECT_DEATH(registry.gauge("x", "X."), "invariant broken");
  EXPECT_DEATH(registry.counter("9x", "X."), "invariant broken");
}

}  // namespace
}  // namespace temper::metrics
