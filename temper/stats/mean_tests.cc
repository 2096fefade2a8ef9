#include "temper/stats/mean_tests.h"

#include <cmath>
#include <limits>

#include "temper/stats/distributions.h"

namespace temper::stats {
namespace {

struct StandardErrors {
  double reference;
  double current;
};

/// Squared standard error of each mean; nullopt where there is none.
std::optional<StandardErrors> squared_errors(const Moments& reference, const Moments& current) {
  if (reference.count < 2 || current.count < 2) return std::nullopt;
  return StandardErrors{reference.variance() / static_cast<double>(reference.count),
                        current.variance() / static_cast<double>(current.count)};
}

MeanTest of_constants(double difference) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (difference == 0) return {.statistic = 0, .p_value = 1, .degrees = infinity};
  return {.statistic = difference > 0 ? infinity : -infinity, .p_value = 0, .degrees = infinity};
}

}  // namespace

std::optional<MeanTest> z_test(const Moments& reference, const Moments& current) {
  const auto errors = squared_errors(reference, current);
  if (!errors) return std::nullopt;
  const double difference = current.mean - reference.mean;
  const double variance = errors->reference + errors->current;
  if (variance == 0) return of_constants(difference);
  const double z = difference / std::sqrt(variance);
  return MeanTest{.statistic = z,
                  .p_value = 2 * normal_sf(std::abs(z)),
                  .degrees = std::numeric_limits<double>::infinity()};
}

std::optional<MeanTest> welch_test(const Moments& reference, const Moments& current) {
  const auto errors = squared_errors(reference, current);
  if (!errors) return std::nullopt;
  const double difference = current.mean - reference.mean;
  const double variance = errors->reference + errors->current;
  if (variance == 0) return of_constants(difference);
  const double t = difference / std::sqrt(variance);
  // Shares of the variance, so that squares neither overflow nor vanish.
  const double a = errors->reference / variance;
  const double b = errors->current / variance;
  const double degrees = 1 / (a * a / static_cast<double>(reference.count - 1) +
                              b * b / static_cast<double>(current.count - 1));
  return MeanTest{.statistic = t, .p_value = student_t_two_sided(t, degrees), .degrees = degrees};
}

}  // namespace temper::stats
