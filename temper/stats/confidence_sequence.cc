#include "temper/stats/confidence_sequence.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>
#include <limits>

#include "temper/core/check.h"

namespace temper::stats {

double normal_mixture_radius(double n, double sigma, double alpha, double tuned_for) {
  if (n <= 0) return std::numeric_limits<double>::infinity();
  // Mixing variance that makes the radius about smallest at n = tuned_for (Howard et al.,
  // sec. 3.5).
  const double log_term = -2 * std::log(alpha) + std::log(1 - 2 * std::log(alpha));
  const double rho = tuned_for / std::max(log_term, 1.0);
  const double boundary =
      std::sqrt((n + rho) * (2 * std::log(1 / alpha) + std::log((n + rho) / rho)));
  return sigma * boundary / n;
}

Result<ShareSequence> ShareSequence::create(const Config& config) {
  if (!(config.alpha > 0 && config.alpha < 1)) {
    return fail(ErrorCode::kInvalidArgument, "alpha lies in (0, 1), not {}", config.alpha);
  }
  if (!(config.tuned_for > 0)) {
    return fail(ErrorCode::kInvalidArgument, "tuned_for is positive, not {}", config.tuned_for);
  }
  return ShareSequence(config);
}

void ShareSequence::add(std::uint64_t hits, std::uint64_t outcomes) {
  TEMPER_CHECK(hits <= outcomes);
  hits_ += hits;
  outcomes_ += outcomes;
}

double ShareSequence::share() const {
  return outcomes_ == 0 ? 0 : static_cast<double>(hits_) / static_cast<double>(outcomes_);
}

Interval ShareSequence::interval() const {
  if (outcomes_ == 0) return {.low = 0, .high = 1};
  const double radius =
      normal_mixture_radius(static_cast<double>(outcomes_), 0.5, config_.alpha, config_.tuned_for);
  return {.low = std::max(0.0, share() - radius), .high = std::min(1.0, share() + radius)};
}

Result<Interval> exact_share_interval(double hits, double outcomes, double alpha) {
  if (!(hits >= 0 && outcomes > 0 && hits <= outcomes && alpha > 0 && alpha < 1)) {
    return fail(ErrorCode::kInvalidArgument,
                "needs 0 <= hits <= outcomes, outcomes > 0, 0 < alpha < 1; got {}, {}, {}", hits,
                outcomes, alpha);
  }
  Interval interval{.low = 0, .high = 1};
  if (hits > 0) {
    interval.low = boost::math::quantile(
        boost::math::beta_distribution<>(hits, outcomes - hits + 1), alpha / 2);
  }
  if (hits < outcomes) {
    interval.high = boost::math::quantile(
        boost::math::beta_distribution<>(hits + 1, outcomes - hits), 1 - alpha / 2);
  }
  return interval;
}

}  // namespace temper::stats
