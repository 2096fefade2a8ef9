#include "temper/gateway/service/context.h"

#include <gtest/gtest.h>

namespace temper::gateway {
namespace {

TEST(ContextTest, HeadersFillWhatTheBodyLeftOpen) {
  oip::RequestParameters parameters;
  EXPECT_TRUE(apply_header(parameters, kUnitIdHeader, "tail N725MQ"));
  EXPECT_TRUE(apply_header(parameters, kEventTimeHeader, "1357034400000000000"));
  EXPECT_TRUE(apply_header(parameters, kTimeoutHeader, "2500"));
  EXPECT_TRUE(apply_header(parameters, kPriorityHeader, "7"));
  EXPECT_EQ(parameters.unit_id, "tail N725MQ");
  EXPECT_EQ(parameters.event_time_ns, 1'357'034'400'000'000'000);
  EXPECT_EQ(parameters.timeout, Duration(std::chrono::microseconds(2500)));
  EXPECT_EQ(parameters.priority, 7);
}

TEST(ContextTest, AParameterOfTheBodyWins) {
  oip::RequestParameters parameters;
  parameters.unit_id = "body";
  EXPECT_TRUE(apply_header(parameters, kUnitIdHeader, "header"));
  EXPECT_EQ(parameters.unit_id, "body");
}

TEST(ContextTest, NamesTheHeaderThatIsNoNumber) {
  oip::RequestParameters parameters;
  for (const std::string_view bad : {"", "soon", "12ms", "1e3", "99999999999999999999"}) {
    const Status refused = apply_header(parameters, kTimeoutHeader, bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().message.find("temper-timeout"), std::string::npos);
  }
  EXPECT_FALSE(apply_header(parameters, kTimeoutHeader, "-1"));
}

TEST(ContextTest, LeavesOtherHeadersAlone) {
  oip::RequestParameters parameters;
  EXPECT_TRUE(apply_header(parameters, "temper-color", "red"));
  EXPECT_EQ(parameters, oip::RequestParameters{});
}

}  // namespace
}  // namespace temper::gateway
