#include "temper/stats/distributions.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace temper::stats {
namespace {

// Values out of a function's domain give NaN and never an exception.
using Quiet = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_sf(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNaN;
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, Quiet());
}

double student_t_two_sided(double t, double degrees) {
  if (std::isnan(t) || !(degrees > 0)) return kNaN;
  if (std::isinf(t)) return 0;
  if (std::isinf(degrees)) return 2 * normal_sf(std::abs(t));
  return boost::math::ibeta(degrees / 2, 0.5, degrees / (degrees + t * t), Quiet());
}

double chi_square_sf(double x, double degrees) {
  if (std::isnan(x) || !(degrees > 0)) return kNaN;
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::gamma_q(degrees / 2, x / 2, Quiet());
}

}  // namespace temper::stats
