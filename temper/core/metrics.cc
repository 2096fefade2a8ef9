#include "temper/core/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "temper/core/check.h"

namespace temper::metrics {
namespace {

/// Bounds in whole nanoseconds: n <= floor(bound) exactly when n <= bound, for n whole.
struct BucketTable {
  // Three beyond the last boundary, so that observe() may look four ahead without a check.
  std::array<std::uint64_t, kBoundaries + 3> upper_ns{};
  /// The bucket of the smallest number of each bit width.
  std::array<std::uint8_t, 65> first_of_width{};

  BucketTable() {
    upper_ns.fill(std::numeric_limits<std::uint64_t>::max());
    for (std::size_t i = 0; i < kBoundaries; ++i) {
      upper_ns[i] = static_cast<std::uint64_t>(std::floor(bucket_upper_seconds(i) * 1e9));
    }
    for (std::size_t width = 1; width < first_of_width.size(); ++width) {
      const std::uint64_t smallest = std::uint64_t{1} << (width - 1);
      const auto* const bound =
          std::lower_bound(upper_ns.begin(), upper_ns.begin() + kBoundaries, smallest);
      first_of_width[width] = static_cast<std::uint8_t>(bound - upper_ns.begin());
    }
  }
};

const BucketTable kTable;

bool is_metric_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  });
}

bool is_label_name(std::string_view name) {
  return is_metric_name(name) && name.find(':') == std::string_view::npos && name != "le";
}

std::string escape(std::string_view text, bool quote_too) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quote_too) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

/// `a="1",b="2"`, without braces, so that a histogram can add its `le`.
std::string label_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += fmt::format("{}=\"{}\"", name, escape(value, true));
  }
  return out;
}

std::string braced(const std::string& labels) {
  return labels.empty() ? std::string() : "{" + labels + "}";
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void render_series(std::string& out, std::string_view name, const std::string& labels,
                   const Counter& counter) {
  out += fmt::format("{}{} {}\n", name, braced(labels), counter.value());
}

void render_series(std::string& out, std::string_view name, const std::string& labels,
                   const Gauge& gauge) {
  out += fmt::format("{}{} {}\n", name, braced(labels), number_text(gauge.value()));
}

void render_series(std::string& out, std::string_view name, const std::string& labels,
                   const Histogram& histogram) {
  const HistogramSnapshot snapshot = histogram.snapshot();
  const std::string prefix = labels.empty() ? labels : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBoundaries; ++i) {
    below += snapshot.counts[i];
    if (i % 2 != 0) continue;
    out +=
        fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, prefix, bucket_upper_seconds(i), below);
  }
  const std::uint64_t count = snapshot.count();
  out += fmt::format("{}_bucket{{{}le=\"+Inf\"}} {}\n", name, prefix, count);
  out += fmt::format("{}_sum{} {}\n", name, braced(labels),
                     static_cast<double>(snapshot.sum_ns) / 1e9);
  out += fmt::format("{}_count{} {}\n", name, braced(labels), count);
}

constexpr std::array<std::string_view, 3> kKindNames{"counter", "gauge", "histogram"};

template <typename T>
constexpr std::size_t kind_index() {
  if constexpr (std::is_same_v<T, Counter>) return 0;
  if constexpr (std::is_same_v<T, Gauge>) return 1;
  return 2;
}

}  // namespace

std::size_t this_thread_stripe() {
  // Atomic: threads start at any time, and only the order of one addition matters.
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t stripe = next.fetch_add(1, std::memory_order_relaxed) % kStripes;
  return stripe;
}

std::uint64_t Counter::value() const {
  std::uint64_t total = 0;
  for (const Stripe& stripe : stripes_) total += stripe.value.load(std::memory_order_relaxed);
  return total;
}

double bucket_upper_seconds(std::size_t index) {
  if (index >= kBoundaries) return std::numeric_limits<double>::infinity();
  return std::exp2(kFirstOctave + static_cast<double>(index) / kBucketsPerOctave);
}

std::size_t bucket_index(std::uint64_t nanoseconds) {
  // One doubling crosses exactly four boundaries, so four comparisons decide within a bit width.
  const std::size_t first =
      kTable.first_of_width[static_cast<std::size_t>(std::bit_width(nanoseconds))];
  std::size_t index = first;
  for (std::size_t step = 0; step < kBucketsPerOctave; ++step) {
    index += nanoseconds > kTable.upper_ns[std::min(first + step, kBoundaries + 2)] ? 1 : 0;
  }
  return index;
}

void Histogram::observe(Duration duration) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  Stripe& stripe = stripes_[this_thread_stripe()];
  stripe.counts[bucket_index(ns)].fetch_add(1, std::memory_order_relaxed);
  stripe.sum_ns.fetch_add(ns, std::memory_order_relaxed);
}

HistogramSnapshot Histogram::snapshot() const {
  HistogramSnapshot out;
  for (const Stripe& stripe : stripes_) {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      out.counts[i] += stripe.counts[i].load(std::memory_order_relaxed);
    }
    out.sum_ns += stripe.sum_ns.load(std::memory_order_relaxed);
  }
  return out;
}

std::uint64_t HistogramSnapshot::count() const {
  std::uint64_t total = 0;
  for (const std::uint64_t n : counts) total += n;
  return total;
}

void HistogramSnapshot::merge(const HistogramSnapshot& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts[i] += other.counts[i];
  sum_ns += other.sum_ns;
}

std::optional<Duration> HistogramSnapshot::quantile(double q) const {
  TEMPER_CHECK(q >= 0 && q <= 1);
  const std::uint64_t total = count();
  if (total == 0) return std::nullopt;
  const double rank = std::max(1.0, std::ceil(q * static_cast<double>(total)));
  double below = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && below + static_cast<double>(counts[bucket]) < rank) {
    below += static_cast<double>(counts[bucket]);
    ++bucket;
  }
  if (bucket == kBuckets - 1) {
    return Duration(static_cast<std::int64_t>(bucket_upper_seconds(kBoundaries - 1) * 1e9));
  }
  const double share = (rank - below) / static_cast<double>(counts[bucket]);
  const double upper = bucket_upper_seconds(bucket);
  // Inside a bucket the logarithm is interpolated, as Prometheus does for native histograms; the
  // lowest bucket reaches down to zero, so there it is the value itself.
  const double seconds =
      bucket == 0 ? upper * share : upper * std::exp2((share - 1) / kBucketsPerOctave);
  return Duration(static_cast<std::int64_t>(seconds * 1e9));
}

template <typename T>
T& Registry::find_or_add(std::string_view name, std::string_view help, const Labels& labels) {
  TEMPER_CHECK(is_metric_name(name));
  for (const auto& [label, value] : labels) TEMPER_CHECK(is_label_name(label));
  Labels key = labels;
  std::ranges::sort(key);

  const std::scoped_lock lock(mutex_);
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_
                 .emplace(std::string(name),
                          Family{.help = std::string(help), .kind = kind_index<T>(), .series = {}})
                 .first;
  }
  TEMPER_CHECK(family->second.kind == kind_index<T>());
  auto& series = family->second.series;
  auto found = series.find(key);
  if (found == series.end() && series.size() >= kMaxSeriesPerFamily) {
    for (auto& [label, value] : key) value = "other";
    found = series.find(key);
  }
  if (found == series.end()) {
    found = series.emplace(std::move(key), std::make_unique<T>()).first;
  }
  return *std::get<std::unique_ptr<T>>(found->second);
}

Counter& Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return find_or_add<Counter>(name, help, labels);
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return find_or_add<Gauge>(name, help, labels);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  return find_or_add<Histogram>(name, help, labels);
}

std::string Registry::render() const {
  std::string out;
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(family.help, false), name,
                       kKindNames[family.kind]);
    for (const auto& [labels, metric] : family.series) {
      const std::string text = label_text(labels);
      std::visit([&](const auto& held) { render_series(out, name, text, *held); }, metric);
    }
  }
  return out;
}

}  // namespace temper::metrics
