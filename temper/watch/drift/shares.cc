#include "temper/watch/drift/shares.h"

namespace temper::drift {
namespace {

constexpr double kDrawnTowardsWhole = 20;
// Two rows: a handful of hits in a bin that the reference hardly has is Poisson, not normal.
constexpr double kSpareRows = 2;

}  // namespace

std::vector<double> slot_shares(std::span<const double> counts, std::size_t bins) {
  std::vector<double> whole(bins, 0.5);
  double total = 0.5 * static_cast<double>(bins);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    whole[i % bins] += counts[i];
    total += counts[i];
  }
  for (double& share : whole) share /= total;
  if (counts.size() == bins) return whole;
  std::vector<double> shares(counts.size());
  for (std::size_t from = 0; from < counts.size(); from += bins) {
    double rows = 0;
    for (std::size_t b = 0; b < bins; ++b) rows += counts[from + b];
    for (std::size_t b = 0; b < bins; ++b) {
      shares[from + b] =
          (counts[from + b] + kDrawnTowardsWhole * whole[b]) / (rows + kDrawnTowardsWhole);
    }
  }
  return shares;
}

double chi_square_distance(std::span<const double> observed, std::span<const double> expected) {
  double distance = 0;
  for (std::size_t b = 0; b < observed.size(); ++b) {
    const double gap = observed[b] - expected[b];
    distance += gap * gap / (expected[b] + kSpareRows);
  }
  return distance;
}

}  // namespace temper::drift
