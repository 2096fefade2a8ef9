#include "temper/record/stores/stores.h"

#include <gtest/gtest.h>

namespace temper::stores {
namespace {

TEST(StoresTest, ALaterObservationWinsThenTheGreaterText) {
  const FeedbackRecord kept{.prediction_id = "p", .label = "b", .observed_at_ns = 5, .source = "s"};
  FeedbackRecord other = kept;
  EXPECT_FALSE(wins_over(other, kept)) << "a repetition changes nothing";
  other.observed_at_ns = 6;
  other.label = "a";
  EXPECT_TRUE(wins_over(other, kept));
  other.observed_at_ns = 5;
  EXPECT_FALSE(wins_over(other, kept));
  other.label = "c";
  EXPECT_TRUE(wins_over(other, kept));
}

TEST(StoresTest, RefusesALimitThatHoldsNothing) {
  EXPECT_EQ(StoreLimits{.max_bytes = 10}.validate().error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace temper::stores
