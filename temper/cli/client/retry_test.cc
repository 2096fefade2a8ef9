#include "temper/cli/client/retry.h"

#include <gtest/gtest.h>

namespace temper::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Error error_of(ErrorCode code, int hint_ms = 0) {
  return {.code = code, .message = "no", .retry_after_ms = hint_ms};
}

TEST(RetryTest, FollowsTheServersHint) {
  Retry retry({});
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kResourceExhausted, 7)), milliseconds(7));
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kUnavailable, 9)), milliseconds(9));
}

TEST(RetryTest, DoublesItsWaitUpToABoundWhereThereIsNoHint) {
  Retry retry({.first_wait = milliseconds(10), .longest_wait = milliseconds(30)});
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kUnavailable)), milliseconds(10));
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kUnavailable)), milliseconds(20));
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kUnavailable)), milliseconds(30));
  EXPECT_EQ(retry.wait_after(error_of(ErrorCode::kUnavailable)), milliseconds(30));
}

TEST(RetryTest, GivesUpWhenPatienceIsSpent) {
  Retry retry({.first_wait = seconds(1), .longest_wait = seconds(1), .patience = seconds(2)});
  EXPECT_TRUE(retry.wait_after(error_of(ErrorCode::kUnavailable)));
  EXPECT_TRUE(retry.wait_after(error_of(ErrorCode::kUnavailable)));
  EXPECT_FALSE(retry.wait_after(error_of(ErrorCode::kUnavailable)));
}

TEST(RetryTest, DoesNotRepeatWhatWouldFailAgain) {
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kUnauthenticated,
        ErrorCode::kInternal, ErrorCode::kDeadlineExceeded}) {
    Retry retry({});
    EXPECT_FALSE(retry.wait_after(error_of(code, 5)));
  }
}

}  // namespace
}  // namespace temper::client
