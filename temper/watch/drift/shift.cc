#include "temper/watch/drift/shift.h"

#include <algorithm>
#include <cmath>

#include "temper/stats/noncentral_chi_square.h"

namespace temper::drift {
namespace {

std::vector<double> tilted(std::span<const double> shares, std::span<const double> scores,
                           double theta) {
  std::vector<double> out(shares.size());
  double total = 0;
  for (std::size_t b = 0; b < out.size(); ++b) {
    out[b] = shares[b] * std::exp(theta * scores[b]);
    total += out[b];
  }
  for (double& share : out) share /= total;
  return out;
}

double stability_index(std::span<const double> p, std::span<const double> q) {
  double psi = 0;
  for (std::size_t b = 0; b < p.size(); ++b) {
    if (p[b] > 0 && q[b] > 0) psi += (q[b] - p[b]) * std::log(q[b] / p[b]);
  }
  return psi;
}

}  // namespace

Shift::Shift(std::span<const double> shares, double psi, bool downward)
    : shares_(shares.begin(), shares.end()) {
  auto scores = stats::normal_scores(shares);
  if (downward) {
    for (double& score : scores) score = -score;
  }
  double low = 0;
  double high = 20;
  for (int i = 0; i < 60; ++i) {
    const double theta = (low + high) / 2;
    (stability_index(shares, tilted(shares, scores, theta)) < psi ? low : high) = theta;
  }
  const auto moved = tilted(shares, scores, high);
  psi_ = stability_index(shares, moved);
  double begin = 0;
  double end = 0;
  for (std::size_t b = 0; b < shares.size(); ++b) {
    begins_.push_back(begin);
    begin += shares[b];
    end += moved[b];
    ends_.push_back(end);
  }
}

std::uint8_t Shift::apply(std::uint8_t code, Rng& rng) const {
  const double rank = begins_[code] + rng.uniform() * shares_[code];
  const auto bin = std::ranges::upper_bound(ends_, rank) - ends_.begin();
  return static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(bin, std::ssize(ends_) - 1));
}

}  // namespace temper::drift
