#include "temper/stats/multiple_testing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace temper::stats {
namespace {

Status check_p_values(std::span<const double> p_values) {
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!(p_values[i] >= 0 && p_values[i] <= 1)) {
      return fail(ErrorCode::kInvalidArgument, "a p-value lies in [0, 1]; number {} is {}", i,
                  p_values[i]);
    }
  }
  return {};
}

std::vector<std::size_t> ascending(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  return order;
}

// Sums to 1 over j = 1, 2, ...: 0.07720838 is the constant the paper's authors use.
double lord_gamma(double j) {
  return 0.07720838 * std::log(std::max(j, 2.0)) / (j * std::exp(std::sqrt(std::log(j))));
}

}  // namespace

Result<std::vector<double>> holm(std::span<const double> p_values) {
  TEMPER_TRY_STATUS(check_p_values(p_values));
  const auto order = ascending(p_values);
  std::vector<double> adjusted(p_values.size());
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    highest = std::max(highest, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = highest;
  }
  return adjusted;
}

Result<std::vector<double>> benjamini_hochberg(std::span<const double> p_values) {
  TEMPER_TRY_STATUS(check_p_values(p_values));
  const auto order = ascending(p_values);
  const auto count = static_cast<double>(order.size());
  std::vector<double> adjusted(p_values.size());
  double lowest = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const double p = p_values[order[rank - 1]];
    // Never below p, though the product may round so.
    lowest = std::min(lowest, std::max(p, p * count / static_cast<double>(rank)));
    adjusted[order[rank - 1]] = lowest;
  }
  return adjusted;
}

Result<OnlineFdr> OnlineFdr::create(const Config& config) {
  if (!(config.alpha > 0 && config.alpha < 1)) {
    return fail(ErrorCode::kInvalidArgument, "alpha lies in (0, 1), not {}", config.alpha);
  }
  const double wealth = config.initial_wealth == 0 ? config.alpha / 2 : config.initial_wealth;
  if (!(wealth > 0 && wealth < config.alpha)) {
    return fail(ErrorCode::kInvalidArgument, "the initial wealth lies in (0, {}), not {}",
                config.alpha, wealth);
  }
  return OnlineFdr(config.alpha, wealth);
}

double OnlineFdr::next_level() const {
  const auto now = static_cast<double>(tests_ + 1);
  double level = lord_gamma(now) * wealth_;
  for (std::size_t i = 0; i < rejected_at_.size(); ++i) {
    const double since = now - static_cast<double>(rejected_at_[i]);
    level += lord_gamma(since) * (i == 0 ? alpha_ - wealth_ : alpha_);
  }
  return level;
}

bool OnlineFdr::test(double p_value) {
  const bool rejected = p_value <= next_level();
  ++tests_;
  if (rejected) rejected_at_.push_back(tests_);
  return rejected;
}

}  // namespace temper::stats
