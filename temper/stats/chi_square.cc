#include "temper/stats/chi_square.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "temper/stats/distributions.h"

namespace temper::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ChiSquare finish(double statistic, std::size_t categories, double smallest_expected) {
  const double degrees = categories == 0 ? 0 : static_cast<double>(categories - 1);
  return {.statistic = degrees == 0 ? 0 : statistic,
          .p_value = degrees == 0 ? 1 : chi_square_sf(statistic, degrees),
          .degrees = degrees,
          .smallest_expected = smallest_expected};
}

}  // namespace

Result<ChiSquare> chi_square_contingency(std::span<const std::uint64_t> reference,
                                         std::span<const std::uint64_t> current) {
  if (reference.size() != current.size() || reference.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} reference categories and {} current ones",
                reference.size(), current.size());
  }
  double n = 0;
  double m = 0;
  for (const std::uint64_t count : reference) n += static_cast<double>(count);
  for (const std::uint64_t count : current) m += static_cast<double>(count);
  if (n == 0 || m == 0) {
    return fail(ErrorCode::kFailedPrecondition, "no values in the {} sample",
                n == 0 ? "reference" : "current");
  }
  double statistic = 0;
  double smallest = kInfinity;
  std::size_t categories = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const auto a = static_cast<double>(reference[i]);
    const auto b = static_cast<double>(current[i]);
    if (a + b == 0) continue;
    ++categories;
    const double expected_a = (a + b) * (n / (n + m));
    const double expected_b = (a + b) * (m / (n + m));
    statistic += (a - expected_a) * (a - expected_a) / expected_a +
                 (b - expected_b) * (b - expected_b) / expected_b;
    smallest = std::min({smallest, expected_a, expected_b});
  }
  return finish(statistic, categories, smallest);
}

Result<ChiSquare> chi_square_fit(std::span<const std::uint64_t> counts,
                                 std::span<const double> expected_shares) {
  if (counts.size() != expected_shares.size() || counts.empty()) {
    return fail(ErrorCode::kInvalidArgument, "{} counts and {} expected shares", counts.size(),
                expected_shares.size());
  }
  double n = 0;
  double shares = 0;
  for (const std::uint64_t count : counts) n += static_cast<double>(count);
  for (const double share : expected_shares) {
    if (!std::isfinite(share) || share < 0) {
      return fail(ErrorCode::kInvalidArgument, "an expected share of {}", share);
    }
    shares += share;
  }
  if (!(shares > 0)) return fail(ErrorCode::kInvalidArgument, "all expected shares are 0");
  if (n == 0) return fail(ErrorCode::kFailedPrecondition, "nothing was counted");
  double statistic = 0;
  double smallest = kInfinity;
  std::size_t categories = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto seen = static_cast<double>(counts[i]);
    const double expected = expected_shares[i] / shares * n;
    if (expected == 0 && seen > 0) {
      return ChiSquare{.statistic = kInfinity,
                       .p_value = 0,
                       .degrees = static_cast<double>(counts.size() - 1),
                       .smallest_expected = 0};
    }
    if (expected == 0) continue;
    ++categories;
    statistic += (seen - expected) * (seen - expected) / expected;
    smallest = std::min(smallest, expected);
  }
  return finish(statistic, categories, smallest);
}

}  // namespace temper::stats
