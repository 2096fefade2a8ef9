#include "temper/watch/drift/null_tail.h"

#include <algorithm>
#include <cmath>

namespace temper::drift {
namespace {

constexpr double kTailShare = 0.15;

}  // namespace

NullTail NullTail::fit(std::vector<double> values) {
  NullTail tail;
  std::ranges::sort(values);
  tail.sorted_ = std::move(values);
  const std::size_t count = tail.sorted_.size();
  if (count == 0) return tail;
  const auto start = static_cast<std::size_t>((1 - kTailShare) * static_cast<double>(count - 1));
  tail.start_ = tail.sorted_[start];
  const auto excesses = static_cast<double>(count - start - 1);
  double mean = 0;
  double square = 0;
  for (std::size_t i = start + 1; i < count; ++i) mean += tail.sorted_[i] - tail.start_;
  if (excesses > 0) mean /= excesses;
  for (std::size_t i = start + 1; i < count; ++i) {
    const double gap = tail.sorted_[i] - tail.start_ - mean;
    square += gap * gap;
  }
  const double variance = excesses > 0 ? square / excesses : 0;
  if (variance > 0) tail.shape_ = std::clamp(0.5 * (1 - mean * mean / variance), 0.0, 0.5);
  // Windows that overlap by half count as half as many.
  const double error = 1 / std::sqrt(std::max(excesses / 2, 1.0));
  tail.scale_ = mean * (1 - tail.shape_) * (1 + 2 * error);
  return tail;
}

double NullTail::p_value(double x) const {
  if (sorted_.empty()) return 0;
  const auto at_least = sorted_.end() - std::ranges::lower_bound(sorted_, x);
  const double observed =
      (1 + static_cast<double>(at_least)) / (1 + static_cast<double>(sorted_.size()));
  if (x <= start_) return observed;
  double tail = 0;
  if (scale_ > 0) {
    const double z = (x - start_) / scale_;
    tail = kTailShare * (shape_ > 1e-3 ? std::pow(1 + shape_ * z, -1 / shape_) : std::exp(-z));
  }
  return x <= sorted_.back() ? std::max(tail, observed) : tail;
}

void NullTail::write(stats::ByteWriter& out) const {
  out.numbers(sorted_);
  out.f64(start_);
  out.f64(scale_);
  out.f64(shape_);
}

Result<NullTail> NullTail::read(stats::ByteReader& in) {
  NullTail tail;
  TEMPER_TRY(tail.sorted_, in.numbers());
  TEMPER_TRY(tail.start_, in.f64());
  TEMPER_TRY(tail.scale_, in.f64());
  TEMPER_TRY(tail.shape_, in.f64());
  if (!std::ranges::is_sorted(tail.sorted_) || !(tail.scale_ >= 0) || !(tail.shape_ >= 0)) {
    return fail(ErrorCode::kInvalidArgument, "a learned null distribution is damaged");
  }
  return tail;
}

}  // namespace temper::drift
