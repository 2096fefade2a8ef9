#include "temper/stats/noncentral_chi_square.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <cmath>

#include "temper/stats/distributions.h"

namespace temper::stats {

double noncentral_chi_square_upper(double x, double degrees, double noncentrality) {
  if (!(x > 0)) return 1;
  // Beyond this every answer is below the smallest double that matters here.
  if (x > degrees + noncentrality + 1e4) return 0;
  if (noncentrality <= 0) {
    return boost::math::cdf(
        boost::math::complement(boost::math::chi_squared_distribution<>(degrees), x));
  }
  const boost::math::non_central_chi_squared_distribution<> law(degrees, noncentrality);
  return std::clamp(boost::math::cdf(boost::math::complement(law, x)), 0.0, 1.0);
}

std::vector<double> normal_scores(std::span<const double> shares) {
  std::vector<double> scores(shares.size());
  double below = 0;
  double mean = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    // No score beyond 3.7 deviations: a bin that the reference hardly saw must not rule the others.
    const double middle = std::clamp(below + shares[i] / 2, 1e-4, 1 - 1e-4);
    scores[i] = normal_quantile(middle);
    below += shares[i];
    mean += shares[i] * scores[i];
  }
  double variance = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    scores[i] -= mean;
    variance += shares[i] * scores[i] * scores[i];
  }
  const double scale = variance > 1e-9 ? 1 / std::sqrt(variance) : 0;
  for (double& score : scores) score *= scale;
  return scores;
}

}  // namespace temper::stats
