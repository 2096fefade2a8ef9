#include "temper/stats/e_detector.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "temper/core/check.h"

namespace temper::stats {
namespace {

// Far above any threshold, far below overflow.
constexpr double kLargestSum = 1e250;

}  // namespace

Result<EDetector> EDetector::create(std::vector<double> weights, double max_log_step) {
  double sum = 0;
  for (const double weight : weights) {
    if (!(weight > 0 && std::isfinite(weight))) {
      return fail(ErrorCode::kInvalidArgument, "a component's weight is positive, not {}", weight);
    }
    sum += weight;
  }
  if (weights.empty()) {
    return fail(ErrorCode::kInvalidArgument, "an e-detector has at least one component");
  }
  if (!(max_log_step > 0 && max_log_step <= 100)) {
    return fail(ErrorCode::kInvalidArgument, "max_log_step lies in (0, 100], not {}", max_log_step);
  }
  for (double& weight : weights) weight /= sum;
  return EDetector(std::move(weights), max_log_step);
}

void EDetector::update(std::span<const double> log_steps) {
  TEMPER_CHECK(log_steps.size() == sums_.size());
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const double step = std::isnan(log_steps[i]) ? 0 : std::min(log_steps[i], max_log_step_);
    sums_[i] = std::min(kLargestSum, (1 + sums_[i]) * std::exp(step));
  }
}

double EDetector::log_value() const {
  double sum = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) sum += weights_[i] * sums_[i];
  return sum > 0 ? std::log(sum) : -std::numeric_limits<double>::infinity();
}

std::size_t EDetector::leading_component() const {
  std::size_t leader = 0;
  for (std::size_t i = 1; i < sums_.size(); ++i) {
    if (weights_[i] * sums_[i] > weights_[leader] * sums_[leader]) leader = i;
  }
  return leader;
}

void EDetector::reset() { std::ranges::fill(sums_, 0.0); }

Status EDetector::restore(std::span<const double> sums) {
  if (sums.size() != sums_.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} sums given for {} components", sums.size(),
                sums_.size());
  }
  for (const double sum : sums) {
    if (!(sum >= 0 && std::isfinite(sum))) {
      return fail(ErrorCode::kInvalidArgument, "a sum is finite and not negative, not {}", sum);
    }
  }
  std::ranges::copy(sums, sums_.begin());
  return {};
}

}  // namespace temper::stats
