#include "temper/stats/jensen_shannon.h"

#include <gtest/gtest.h>

#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(JensenShannonTest, ItsRootIsSciPysDistance) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["binned"]) {
    const auto js = jensen_shannon(item["reference"].get<Counts>(), item["current"].get<Counts>());
    ASSERT_TRUE(js);
    // SciPy's own rounding before the root is about 1e-16.
    EXPECT_NEAR(js->distance, item["js_distance"].get<double>(), 1e-8);
    EXPECT_NEAR(js->divergence, js->distance * js->distance, 1e-15);
  }
}

TEST(JensenShannonTest, IsZeroForEqualSharesAndOneForDisjointOnes) {
  EXPECT_EQ(jensen_shannon(Counts{1, 3}, Counts{10, 30})->divergence, 0);
  EXPECT_EQ(jensen_shannon(Counts{4, 0}, Counts{0, 9})->divergence, 1);
}

TEST(JensenShannonTest, RefusesEmptySamplesAndOtherBins) {
  EXPECT_EQ(jensen_shannon(Counts{0}, Counts{1}).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(jensen_shannon(Counts{1}, Counts{0}).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(jensen_shannon(Counts{1}, Counts{}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::stats
