// Counters, gauges and latency histograms for hot paths, and their Prometheus text.
//
// Writers touch one cache line of their own thread's stripe with relaxed atomics; readers add the
// stripes up. A registry hands out references that stay valid as long as it lives: look a metric up
// once, outside the hot path, and keep the reference. Read Histogram's comment for the error bound.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "temper/core/clock.h"

namespace temper::metrics {

inline constexpr std::size_t kStripes = 8;

/// The stripe of the calling thread, in [0, kStripes); threads take them in turn.
[[nodiscard]] std::size_t this_thread_stripe();

/// Only grows. Safe from any thread; a read is exact once the writers have stopped.
class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    stripes_[this_thread_stripe()].value.fetch_add(amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct alignas(64) Stripe {
    // Atomic: threads beyond kStripes share a stripe, and readers read while writers write.
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Stripe, kStripes> stripes_;
};

/// A level that goes up and down. Safe from any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  // Atomic: one word, last writer wins; a lock would say no more.
  std::atomic<double> value_{0};
};

/// Buckets of Prometheus' native histograms, schema 2: bucket k holds seconds in
/// (2^((k-1)/4), 2^(k/4)]. Kept here: k = -79 .. 28, that is (0.954 us, 128 s]; one bucket below
/// them for [0, 2^-20 s], one above for (128 s, inf).
inline constexpr int kBucketsPerOctave = 4;
inline constexpr int kFirstOctave = -20;
inline constexpr int kLastOctave = 7;
inline constexpr std::size_t kBoundaries =
    static_cast<std::size_t>((kLastOctave - kFirstOctave) * kBucketsPerOctave) + 1;
inline constexpr std::size_t kBuckets = kBoundaries + 1;

/// Upper end (included) of bucket `index`, in seconds; infinite for the last.
[[nodiscard]] double bucket_upper_seconds(std::size_t index);

/// A histogram read at one moment. Two snapshots merge by addition, exactly.
struct HistogramSnapshot {
  std::array<std::uint64_t, kBuckets> counts{};
  std::uint64_t sum_ns = 0;

  [[nodiscard]] std::uint64_t count() const;
  void merge(const HistogramSnapshot& other);

  /// The q-quantile of the observed durations, q in [0, 1].
  ///
  /// Value:  let x be the ceil(q n)-th smallest observation (the inverse of the empirical
  ///         distribution, the first for q = 0). The result lies in the bucket of x: its relative
  ///         error is below 2^(1/4) - 1 = 18.9 % for x in (0.954 us, 128 s], its absolute error
  ///         below 0.954 us under that; above 128 s it says 128 s.
  /// Edges:  empty when nothing was observed.
  [[nodiscard]] std::optional<Duration> quantile(double q) const;

  bool operator==(const HistogramSnapshot&) const = default;
};

/// Latencies. Safe from any thread; an observation costs two uncontended atomic additions.
class Histogram {
 public:
  /// A negative duration counts as zero.
  void observe(Duration duration);
  [[nodiscard]] HistogramSnapshot snapshot() const;

 private:
  struct alignas(64) Stripe {
    // Atomic: as in Counter.
    std::array<std::atomic<std::uint64_t>, kBuckets> counts{};
    std::atomic<std::uint64_t> sum_ns{0};
  };
  std::array<Stripe, kStripes> stripes_;
};

/// Index of the bucket that holds a duration of `nanoseconds`.
[[nodiscard]] std::size_t bucket_index(std::uint64_t nanoseconds);

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Families of metrics by name, each with one series per set of labels.
///
/// Bound:    kMaxSeriesPerFamily label sets a family; a further set is counted in the one series of
///           its family whose label values are all "other".
/// Errors:   a name asked for as two kinds, or one that Prometheus would refuse, is a bug and stops
///           the process; label values may hold anything.
/// Threads:  every member may be called from any thread.
class Registry {
 public:
  static constexpr std::size_t kMaxSeriesPerFamily = 1000;

  /// The same name and labels give the same object; `help` counts on the first call. A call
  /// whose result is not used still makes the series show, at zero.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  /// Prometheus text exposition 0.0.4.
  ///
  /// A histogram always shows the same `le` bounds, every second boundary (two per octave, 2^-20 s
  /// to 128 s), so that `sum by (le)` over replicas and versions is exact and a quantile derived
  /// from it is within a factor 2^(1/2). The snapshots in this process keep all four per octave.
  [[nodiscard]] std::string render() const;

 private:
  using Metric =
      std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>>;
  struct Family {
    std::string help;
    std::size_t kind = 0;
    std::map<Labels, Metric> series;
  };
  template <typename T>
  T& find_or_add(std::string_view name, std::string_view help, const Labels& labels);

  mutable std::mutex mutex_;
  // guarded by mutex_
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace temper::metrics
