#include "temper/stats/ecdf_distance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A sorted sample, each value of weight 1.
class PlainSteps {
 public:
  explicit PlainSteps(std::span<const double> sorted)
      : values_(sorted), scale_(1 / static_cast<double>(sorted.size())) {}
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] double value(std::size_t i) const { return values_[i]; }
  /// Share of the first `i` values.
  [[nodiscard]] double share(std::size_t i) const { return static_cast<double>(i) * scale_; }
  /// Correctly rounded: equal shares of two samples compare equal.
  [[nodiscard]] double exact_share(std::size_t i) const {
    return static_cast<double>(i) / static_cast<double>(values_.size());
  }

 private:
  std::span<const double> values_;
  double scale_;
};

class WeightedSteps {
 public:
  explicit WeightedSteps(const WeightedSample& sample)
      : sample_(sample), scale_(1 / static_cast<double>(sample.total())) {}
  [[nodiscard]] std::size_t size() const { return sample_.values.size(); }
  [[nodiscard]] double value(std::size_t i) const { return sample_.values[i]; }
  [[nodiscard]] double share(std::size_t i) const {
    return i == 0 ? 0 : static_cast<double>(sample_.cumulative[i - 1]) * scale_;
  }
  [[nodiscard]] double exact_share(std::size_t i) const {
    return i == 0 ? 0
                  : static_cast<double>(sample_.cumulative[i - 1]) /
                        static_cast<double>(sample_.total());
  }

 private:
  const WeightedSample& sample_;
  double scale_;
};

template <typename A, typename B>
EcdfDistance walk(const A& a, const B& b) {
  if (a.size() == 0 || b.size() == 0) return {};
  std::size_t i = 0;
  std::size_t j = 0;
  std::size_t i_end = a.size();
  std::size_t j_end = b.size();
  while (i < i_end && a.value(i) == -kInfinity) ++i;
  while (j < j_end && b.value(j) == -kInfinity) ++j;
  while (i_end > i && a.value(i_end - 1) == kInfinity) --i_end;
  while (j_end > j && b.value(j_end - 1) == kInfinity) --j_end;

  EcdfDistance result;
  const double at_minus_infinity = std::abs(a.exact_share(i) - b.exact_share(j));
  const double before_infinity = std::abs(a.exact_share(i_end) - b.exact_share(j_end));
  result.supremum = std::max(at_minus_infinity, before_infinity);
  if (at_minus_infinity > 0 || before_infinity > 0) result.area = kInfinity;
  if (i == i_end && j == j_end) return result;

  double x = i == i_end ? b.value(j) : j == j_end ? a.value(i) : std::min(a.value(i), b.value(j));
  double area = 0;
  double supremum = 0;
  // One value at a time; only when the next one is greater are all equal ones taken in, and the
  // functions defined.
  while (i < i_end && j < j_end) {
    const double left = a.value(i);
    const double right = b.value(j);
    const double next = right < left ? right : left;
    const double gap = std::abs(a.share(i) - b.share(j));
    area += gap * (next - x);
    const double counted = next > x ? gap : 0;
    supremum = counted > supremum ? counted : supremum;
    i += left <= next ? 1 : 0;
    j += right <= next ? 1 : 0;
    x = next;
  }
  const auto finish = [&](const auto& rest, std::size_t k, std::size_t end, auto&& gap_at) {
    for (; k < end; ++k) {
      const double next = rest.value(k);
      const double gap = gap_at(k);
      area += gap * (next - x);
      if (next > x) supremum = std::max(supremum, gap);
      x = next;
    }
  };
  const double share_a = a.share(i);
  const double share_b = b.share(j);
  finish(a, i, i_end, [&](std::size_t k) { return std::abs(a.share(k) - share_b); });
  finish(b, j, j_end, [&](std::size_t k) { return std::abs(share_a - b.share(k)); });
  result.supremum = std::max(result.supremum, supremum);
  result.area = std::max(result.area, area);
  return result;
}

}  // namespace

EcdfDistance ecdf_distance(std::span<const double> reference, std::span<const double> current) {
  return walk(PlainSteps(reference), PlainSteps(current));
}

EcdfDistance ecdf_distance(const WeightedSample& reference, std::span<const double> current) {
  return walk(WeightedSteps(reference), PlainSteps(current));
}

EcdfDistance ecdf_distance(const WeightedSample& reference, const WeightedSample& current) {
  return walk(WeightedSteps(reference), WeightedSteps(current));
}

}  // namespace temper::stats
