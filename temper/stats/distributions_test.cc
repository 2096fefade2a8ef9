#include "temper/stats/distributions.h"

#include <gtest/gtest.h>

#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

void expect_close(double got, double want, double relative, const std::string& what) {
  EXPECT_NEAR(got, want, 1e-15 + relative * std::abs(want)) << what;
}

TEST(DistributionsTest, NormalAgreesWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["tails"]["normal"]) {
    expect_close(normal_cdf(item[0]), item[1], 1e-12, item.dump());
    expect_close(normal_sf(item[0]), item[2], 1e-12, item.dump());
  }
  for (const auto& item : golden["tails"]["normal_quantile"]) {
    expect_close(normal_quantile(item[0]), item[1], 1e-10, item.dump());
  }
  EXPECT_EQ(normal_quantile(0), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(normal_quantile(1.5)));
}

TEST(DistributionsTest, StudentAndChiSquareAgreeWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["tails"]["student_t"]) {
    expect_close(student_t_two_sided(item[0], item[1]), item[2], 1e-9, item.dump());
  }
  for (const auto& item : golden["tails"]["chi_square"]) {
    expect_close(chi_square_sf(item[0], item[1]), item[2], 1e-9, item.dump());
  }
  EXPECT_TRUE(std::isnan(chi_square_sf(1, 0)));
  EXPECT_TRUE(std::isnan(student_t_two_sided(1, -1)));
}

TEST(DistributionsTest, KolmogorovsAgreeWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["tails"]["kolmogorov_limit"]) {
    expect_close(kolmogorov_limit_sf(item[0]), item[1], 1e-10, item.dump());
  }
  for (const auto& item : golden["tails"]["smirnov"]) {
    expect_close(smirnov_sf(item[0], item[1]), item[2], 1e-5, item.dump());
  }
  for (const auto& item : golden["tails"]["kolmogorov"]) {
    // Where 1 - p is what is known, p is known to 1e-8 of 1: both tails at once beyond n d^2 = 2.2.
    expect_close(kolmogorov_sf(item[0], item[1]), item[2], 1e-5, item.dump());
  }
}

TEST(DistributionsTest, KolmogorovFallsFromOneToZero) {
  for (const std::uint64_t n : {1, 3, 140, 141, 4000, 100'000}) {
    double last = 1;
    for (int i = 0; i <= 200; ++i) {
      const double p = kolmogorov_sf(n, i / 200.0);
      EXPECT_LE(p, last + 1e-7) << n << ' ' << i;
      EXPECT_GE(p, 0);
      last = p;
    }
    EXPECT_EQ(kolmogorov_sf(n, 1), 0);
    EXPECT_EQ(kolmogorov_sf(n, 0), 1);
  }
}

}  // namespace
}  // namespace temper::stats
