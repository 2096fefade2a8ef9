#include "temper/gateway/service/admission.h"

#include <gtest/gtest.h>

namespace temper::gateway {
namespace {

using std::chrono::milliseconds;
constexpr TimePoint kStart{};

TEST(TokenBucketTest, LetsABurstThroughThenKeepsTheRate) {
  TokenBucket bucket(/*per_second=*/10, /*burst=*/3, kStart);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(kStart), Duration::zero());
  const Duration wait = bucket.take(kStart);
  EXPECT_GT(wait, milliseconds(99));
  EXPECT_LE(wait, milliseconds(101));
  EXPECT_EQ(bucket.take(kStart + wait), Duration::zero());
}

TEST(TokenBucketTest, NeverHoldsMoreThanTheBurst) {
  TokenBucket bucket(10, 2, kStart);
  const TimePoint later = kStart + std::chrono::hours(1);
  EXPECT_EQ(bucket.take(later), Duration::zero());
  EXPECT_EQ(bucket.take(later), Duration::zero());
  EXPECT_GT(bucket.take(later), Duration::zero());
}

TEST(TokenBucketTest, IgnoresTimeThatRunsBackwards) {
  TokenBucket bucket(10, 1, kStart + std::chrono::seconds(5));
  EXPECT_EQ(bucket.take(kStart), Duration::zero());
  EXPECT_GT(bucket.take(kStart), Duration::zero());
}

TEST(AdmissionTest, CountsRequestsInFlight) {
  Admission admission({});
  ASSERT_TRUE(admission.enter("a", kStart));
  ASSERT_TRUE(admission.enter("b", kStart));
  EXPECT_EQ(admission.in_flight(), 2);
  admission.leave();
  EXPECT_EQ(admission.in_flight(), 1);
}

TEST(AdmissionTest, RefusesMoreThanMayBeInFlightWithAHint) {
  profile::Limits limits;
  limits.max_in_flight_requests = 1;
  Admission admission(limits);
  ASSERT_TRUE(admission.enter("a", kStart));
  const Status refused = admission.enter("a", kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceExhausted);
  EXPECT_GT(refused.error().retry_after_ms, 0);
  EXPECT_EQ(admission.in_flight(), 1);
  admission.leave();
  EXPECT_TRUE(admission.enter("a", kStart));
}

TEST(AdmissionTest, KeepsEachCallersRateApart) {
  profile::Limits limits;
  limits.requests_per_second = 1;
  Admission admission(limits);
  EXPECT_TRUE(admission.enter("a", kStart));
  const Status refused = admission.enter("a", kStart);
  ASSERT_FALSE(refused);
  EXPECT_GE(refused.error().retry_after_ms, 1000);
  EXPECT_TRUE(admission.enter("b", kStart));
}

TEST(AdmissionTest, StillAdmitsWhileDrainingAndNothingOnceClosed) {
  Admission admission({});
  admission.begin_drain();
  EXPECT_TRUE(admission.enter("a", kStart));
  admission.close();
  const Status refused = admission.enter("a", kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace temper::gateway
