// The distribution of the Kolmogorov-Smirnov statistics; declared in distributions.h.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "temper/stats/distributions.h"

namespace temper::stats {
namespace {

constexpr double kPi = std::numbers::pi;

/// Row-major square matrix times another.
std::vector<double> multiply(const std::vector<double>& a, const std::vector<double>& b,
                             std::size_t size) {
  std::vector<double> product(size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < size; ++k) {
      const double factor = a[i * size + k];
      if (factor == 0) continue;
      for (std::size_t j = 0; j < size; ++j) product[i * size + j] += factor * b[k * size + j];
    }
  }
  return product;
}

std::vector<double> durbin_matrix(std::size_t size, double h) {
  std::vector<double> first_column(size);
  std::vector<double> inverse_factorial(size);
  double factorial = 1;
  for (std::size_t j = 0; j < size; ++j) {
    inverse_factorial[j] = factorial;
    factorial /= static_cast<double>(j + 1);
    first_column[j] = (1 - std::pow(h, static_cast<double>(j + 1))) * factorial;
  }
  const auto power = static_cast<double>(size);
  first_column[size - 1] =
      (1 + std::pow(std::max(2 * h - 1, 0.0), power) - 2 * std::pow(h, power)) * factorial;
  std::vector<double> matrix(size * size);
  for (std::size_t column = 1; column < size; ++column) {
    for (std::size_t row = column - 1; row < size; ++row) {
      matrix[row * size + column] = inverse_factorial[row - (column - 1)];
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    matrix[i * size] = first_column[i];
    matrix[(size - 1) * size + i] = first_column[size - 1 - i];
  }
  return matrix;
}

/// P(D < d) by Durbin's matrix to the n-th power; n <= 140, so that no element overflows.
double durbin_cdf(std::uint64_t n, double d) {
  const double nd = static_cast<double>(n) * d;
  const auto k = static_cast<std::size_t>(std::ceil(nd));
  const std::size_t size = 2 * k - 1;
  std::vector<double> matrix = durbin_matrix(size, static_cast<double>(k) - nd);
  std::vector<double> power(size * size);
  for (std::size_t i = 0; i < size; ++i) power[i * size + i] = 1;
  for (std::uint64_t left = n; left > 0; left /= 2) {
    if (left % 2 != 0) power = multiply(power, matrix, size);
    if (left > 1) matrix = multiply(matrix, matrix, size);
  }
  double p = power[(k - 1) * size + (k - 1)];
  for (std::uint64_t i = 1; i <= n; ++i) p *= static_cast<double>(i) / static_cast<double>(n);
  return p;
}

/// P(D < d) by Pelz and Good's expansion in powers of 1 / sqrt(n), good for n > 140.
double pelz_good_cdf(std::uint64_t n, double d) {
  const double z = std::sqrt(static_cast<double>(n)) * d;
  const double z2 = z * z;
  const double z4 = z2 * z2;
  const double z6 = z4 * z2;
  const double pi2 = kPi * kPi;
  const double pi4 = pi2 * pi2;
  const double pi6 = pi4 * pi2;
  if (-pi2 / 8 / z2 < -700) return 0;
  const double sqrt_2pi = std::sqrt(2 * kPi);
  std::array<double, 4> k_sum{};
  const int most = static_cast<int>(std::ceil(16 * z / kPi));
  for (int k = most; k >= 1; --k) {
    const double m2 = (2.0 * k - 1) * (2.0 * k - 1);
    const double m4 = m2 * m2;
    const double weight = std::exp(-pi2 / 8 / z2 * m2);
    k_sum[0] += weight;
    k_sum[1] += weight * (-z2 + pi2 / 4 * m2);
    k_sum[2] += weight *
                (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * pi2 / 4 * m2 + pi4 * (1 - 2 * z2) / 16 * m4);
    k_sum[3] +=
        weight * (-30 * z6 - 90 * z4 * z4 + pi2 * (135 * z4 - 96 * z6) / 4 * m2 +
                  pi4 * (-60 * z2 + 212 * z4) / 16 * m4 + pi6 * (5 - 30 * z2) / 64 * m4 * m2);
  }
  k_sum[0] *= sqrt_2pi / z;
  k_sum[1] *= sqrt_2pi / (6 * z4);
  k_sum[2] *= sqrt_2pi / (72 * z6 * z);
  k_sum[3] *= sqrt_2pi / (6480 * z4 * z6);
  double second = 0;
  double third = 0;
  for (int k = most; k >= 1; --k) {
    const double k2 = static_cast<double>(k) * k;
    const double weight = std::exp(-pi2 / 2 / z2 * k2);
    second += k2 * weight;
    third += (3 * z2 - pi2 * k2) * k2 * weight;
  }
  k_sum[2] += second * pi2 * sqrt_2pi / (-36 * z2 * z);
  k_sum[3] += third * pi2 * sqrt_2pi / (216 * z6);
  const double root = std::sqrt(static_cast<double>(n));
  return k_sum[0] + (k_sum[1] + (k_sum[2] + k_sum[3] / root) / root) / root;
}

/// Birnbaum and Tingey's sum: d sum_j C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
double birnbaum_tingey(std::uint64_t n, double d) {
  const auto size = static_cast<double>(n);
  const auto last = static_cast<std::uint64_t>(std::floor(size * (1 - d)));
  double log_choose = 0;
  double sum = 0;
  for (std::uint64_t j = 0; j <= last && j <= n; ++j) {
    const auto at = static_cast<double>(j);
    const double rest = 1 - d - at / size;
    if (j == n || rest <= 0) break;
    sum += std::exp(log_choose + (at - 1) * std::log(d + at / size) + (size - at) * std::log(rest));
    log_choose += std::log((size - at) / (at + 1));
  }
  return d * sum;
}

/// Lauwerier's expansion to the order n^-3/2, and beyond its range the two leading terms of the
/// exponent.
double one_sided_expansion(std::uint64_t n, double d) {
  const auto size = static_cast<double>(n);
  const double root = std::sqrt(size);
  const double z = d * root;
  const double z2 = z * z;
  if (z > 2.5) {
    return std::exp(-2 * z2 - 2 * z / (3 * root) - 4 * z2 * z2 / (9 * size)) *
           (1 + 4 * z2 / (9 * size));
  }
  return std::exp(-2 * z2) * (1 - 2 * z / (3 * root) + 2 * z2 / (3 * size) * (1 - 2 * z2 / 3) +
                              4 * z / (9 * size * root) * (0.2 - 19 * z2 / 15 + 2 * z2 * z2 / 3));
}

}  // namespace

double smirnov_sf(std::uint64_t n, double d) {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  constexpr std::uint64_t kMostSummed = 5'000;
  const double p = n <= kMostSummed ? birnbaum_tingey(n, d) : one_sided_expansion(n, d);
  return std::clamp(p, 0.0, 1.0);
}

double kolmogorov_limit_sf(double z) {
  if (z <= 0) return 1;
  if (z < 0.8) {
    // The dual series: converges where the alternating one cancels.
    double sum = 0;
    for (int k = 1; k < 12; k += 2) sum += std::exp(-kPi * kPi * k * k / (8 * z * z));
    return 1 - std::sqrt(2 * kPi) / z * sum;
  }
  double sum = 0;
  for (int k = 1; k < 12; ++k) sum += (k % 2 != 0 ? 1 : -1) * std::exp(-2.0 * k * k * z * z);
  return std::clamp(2 * sum, 0.0, 1.0);
}

double kolmogorov_sf(std::uint64_t n, double d) {
  const auto size = static_cast<double>(n);
  const double nd = size * d;
  if (d >= 1) return 0;
  if (nd <= 0.5) return 1;
  if (nd <= 1) {
    const double log_p =
        std::lgamma(size + 1) - size * std::log(size) + size * std::log(2 * nd - 1);
    return 1 - std::exp(log_p);
  }
  if (nd >= size - 1) return std::min(1.0, 2 * std::pow(1 - d, size));
  // Both one-sided events at once need d < 1/2, and are rarer than 1e-8 of one beyond these.
  constexpr std::uint64_t kMostByMatrix = 140;
  const double ndd = nd * d;
  if (d >= 0.5 || ndd > (n <= kMostByMatrix ? 4.0 : 2.2)) {
    return std::min(1.0, 2 * smirnov_sf(n, d));
  }
  const double cdf = n <= kMostByMatrix ? durbin_cdf(n, d) : pelz_good_cdf(n, d);
  return std::clamp(1 - cdf, 0.0, 1.0);
}

}  // namespace temper::stats
