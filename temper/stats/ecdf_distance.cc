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

/// Integral of |level - G| over [from, to], where G starts at `below` / m and steps up by 1 / m at
/// each of `inside` (ascending, within the interval).
double crossing_area(double level, double from, double to, std::size_t below, double scale,
                     std::span<const double> inside) {
  double area = 0;
  double x = from;
  for (const double value : inside) {
    area += std::abs(level - static_cast<double>(below) * scale) * (value - x);
    x = value;
    ++below;
  }
  return area + std::abs(level - static_cast<double>(below) * scale) * (to - x);
}

/// For a sketch of few points against many finite values: between two points F is constant and G
/// only rises, so the supremum lies at the points, and the area between has a closed form unless
/// the two cross.
EcdfDistance walk_points(const WeightedSample& reference, std::span<const double> current) {
  const WeightedSteps steps(reference);
  const double scale = 1 / static_cast<double>(current.size());
  EcdfDistance result;
  std::size_t j = 0;
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    const bool is_last = i == steps.size();
    const double to = is_last ? kInfinity : steps.value(i);
    const std::size_t first = j;
    double sum = 0;
    while (j < current.size() && current[j] < to) sum += current[j++];
    const double level = steps.share(i);
    const double before = static_cast<double>(first) * scale;
    const double after = static_cast<double>(j) * scale;
    result.supremum =
        std::max({result.supremum, std::abs(level - before), std::abs(level - after)});
    const auto inside = static_cast<double>(j - first);
    if (i == 0) {
      result.area += (to * inside - sum) * scale;
    } else if (is_last) {
      result.area += (sum - steps.value(i - 1) * inside) * scale;
    } else if (level <= before || level >= after) {
      const double from = steps.value(i - 1);
      const double under = before * (to - from) + (to * inside - sum) * scale;
      result.area += std::abs(level * (to - from) - under);
    } else {
      result.area += crossing_area(level, steps.value(i - 1), to, first, scale,
                                   current.subspan(first, j - first));
    }
    while (j < current.size() && current[j] == to) ++j;
  }
  return result;
}

}  // namespace

EcdfDistance ecdf_distance(std::span<const double> reference, std::span<const double> current) {
  return walk(PlainSteps(reference), PlainSteps(current));
}

EcdfDistance ecdf_distance(const WeightedSample& reference, std::span<const double> current) {
  if (reference.values.empty() || current.empty()) return {};
  const bool is_finite = std::isfinite(reference.values.front()) &&
                         std::isfinite(reference.values.back()) && std::isfinite(current.front()) &&
                         std::isfinite(current.back());
  if (is_finite && reference.values.size() < current.size() / 4) {
    return walk_points(reference, current);
  }
  return walk(WeightedSteps(reference), PlainSteps(current));
}

EcdfDistance ecdf_distance(const WeightedSample& reference, const WeightedSample& current) {
  return walk(WeightedSteps(reference), WeightedSteps(current));
}

}  // namespace temper::stats
