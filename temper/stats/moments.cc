#include "temper/stats/moments.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace temper::stats {
namespace {

/// Values per block: small enough to stay in the cache between the two passes over it.
constexpr std::size_t kBlock = 1024;

}  // namespace

void Moments::add(double value) {
  if (std::isnan(value)) {
    ++missing;
    return;
  }
  min = std::min(min, value);
  max = std::max(max, value);
  if (std::isinf(value)) {
    ++infinite;
    return;
  }
  ++count;
  const double delta = value - mean;
  mean += delta / static_cast<double>(count);
  m2 += delta * (value - mean);
}

void Moments::add(std::span<const double> values) {
  while (!values.empty()) {
    const auto block = values.first(std::min(values.size(), kBlock));
    values = values.subspan(block.size());
    std::array<double, 4> sum{};
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t i = 0; i < block.size(); ++i) {
      sum[i % 4] += block[i];
      low = block[i] < low ? block[i] : low;
      high = block[i] > high ? block[i] : high;
    }
    const double total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if (!std::isfinite(total)) {
      for (const double value : block) add(value);
      continue;
    }
    const double block_mean = total / static_cast<double>(block.size());
    std::array<double, 4> squares{};
    for (std::size_t i = 0; i < block.size(); ++i) {
      const double delta = block[i] - block_mean;
      squares[i % 4] += delta * delta;
    }
    merge({.count = block.size(),
           .missing = 0,
           .infinite = 0,
           .mean = block_mean,
           .m2 = (squares[0] + squares[1]) + (squares[2] + squares[3]),
           .min = low,
           .max = high});
  }
}

void Moments::merge(const Moments& other) {
  missing += other.missing;
  infinite += other.infinite;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  if (other.count == 0) return;
  if (count == 0) {
    count = other.count;
    mean = other.mean;
    m2 = other.m2;
    return;
  }
  const double mine = static_cast<double>(count);
  const double theirs = static_cast<double>(other.count);
  const double delta = other.mean - mean;
  count += other.count;
  mean += delta * (theirs / (mine + theirs));
  m2 += other.m2 + delta * delta * (mine * theirs / (mine + theirs));
}

double Moments::missing_rate() const {
  return rows() == 0 ? 0 : static_cast<double>(missing) / static_cast<double>(rows());
}

double Moments::variance() const { return count < 2 ? 0 : m2 / static_cast<double>(count - 1); }

double Moments::standard_deviation() const { return std::sqrt(variance()); }

void Moments::write(ByteWriter& out) const {
  out.u64(count);
  out.u64(missing);
  out.u64(infinite);
  out.f64(mean);
  out.f64(m2);
  out.f64(min);
  out.f64(max);
}

Result<Moments> Moments::read(ByteReader& in) {
  Moments moments;
  TEMPER_TRY(moments.count, in.u64());
  TEMPER_TRY(moments.missing, in.u64());
  TEMPER_TRY(moments.infinite, in.u64());
  TEMPER_TRY(moments.mean, in.f64());
  TEMPER_TRY(moments.m2, in.f64());
  TEMPER_TRY(moments.min, in.f64());
  TEMPER_TRY(moments.max, in.f64());
  constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
  const bool counts_fit =
      moments.count < kMost && moments.missing < kMost && moments.infinite < kMost;
  const bool is_empty = moments.count + moments.infinite == 0;
  // Negated comparisons, so that NaN fails them.
  if (!counts_fit || !std::isfinite(moments.mean) || !(moments.m2 >= 0) ||
      (!is_empty && !(moments.min <= moments.max))) {
    return fail(ErrorCode::kInvalidArgument, "impossible moments");
  }
  return moments;
}

}  // namespace temper::stats
