#include "temper/watch/drift/null_tail.h"

#include <gtest/gtest.h>

#include <cmath>

#include "temper/core/rng.h"

namespace temper::drift {
namespace {

TEST(NullTailTest, KnowsNothingWithoutValues) {
  EXPECT_EQ(NullTail::fit({}).p_value(3), 0);
  EXPECT_EQ(NullTail::fit({}).largest(), 0);
}

TEST(NullTailTest, CountsWithinWhatItSaw) {
  const auto tail = NullTail::fit({1, 2, 3, 4});
  EXPECT_EQ(tail.p_value(0), 1);
  EXPECT_EQ(tail.p_value(2.5), 3.0 / 5);
}

TEST(NullTailTest, FallsBeyondWhatItSaw) {
  Rng rng(4);
  std::vector<double> values(2000);
  for (double& x : values) x = rng.exponential();
  const auto tail = NullTail::fit(values);
  // The truth is exp(-15); the fit is widened and never lighter than exponential.
  EXPECT_GE(tail.p_value(15), std::exp(-15.0));
  EXPECT_LE(tail.p_value(15), 1e-3);
  double last = 1;
  for (double x = 0; x < 40; x += 0.25) {
    EXPECT_LE(tail.p_value(x), last) << x;
    last = tail.p_value(x);
  }
}

TEST(NullTailTest, HeavyTailsGiveLargerPValues) {
  Rng rng(6);
  std::vector<double> light(1000);
  std::vector<double> heavy(1000);
  for (std::size_t i = 0; i < light.size(); ++i) {
    light[i] = rng.exponential();
    heavy[i] = std::pow(rng.uniform() + 1e-12, -0.5);
  }
  const double far = 3 * NullTail::fit(heavy).largest();
  EXPECT_GT(NullTail::fit(heavy).p_value(far), NullTail::fit(light).p_value(far));
}

TEST(NullTailTest, BytesGiveTheSameTailBack) {
  const auto tail = NullTail::fit({3, 1, 2, 9, 4});
  stats::ByteWriter out;
  tail.write(out);
  stats::ByteReader in(out.bytes());
  EXPECT_EQ(NullTail::read(in).value(), tail);
}

}  // namespace
}  // namespace temper::drift
