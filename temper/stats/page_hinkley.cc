#include "temper/stats/page_hinkley.h"

#include <algorithm>
#include <cmath>

namespace temper::stats {

void PageHinkley::reset() { *this = PageHinkley(config_); }

bool PageHinkley::add(double value) {
  if (!std::isfinite(value)) return false;
  ++count_;
  mean_ += (value - mean_) / static_cast<double>(count_);
  const double deviation = value - mean_;
  rise_ = config_.forgetting * rise_ + deviation - config_.delta;
  fall_ = config_.forgetting * fall_ + deviation + config_.delta;
  lowest_rise_ = std::min(lowest_rise_, rise_);
  highest_fall_ = std::max(highest_fall_, fall_);
  if (count_ < config_.min_values) return false;
  const bool alarm =
      rise_ - lowest_rise_ > config_.threshold || highest_fall_ - fall_ > config_.threshold;
  if (alarm) reset();
  return alarm;
}

}  // namespace temper::stats
