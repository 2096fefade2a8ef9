#include "temper/cli/client/endpoint.h"

#include <gtest/gtest.h>

namespace temper::client {
namespace {

TEST(EndpointTest, ReadsHostAndPort) {
  const auto endpoint = Endpoint::parse("http://127.0.0.1:8080/");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->authority(), "127.0.0.1:8080");
  EXPECT_TRUE(endpoint->is_loopback());
}

TEST(EndpointTest, ThePortDefaultsTo80) {
  EXPECT_EQ(Endpoint::parse("http://127.0.0.1")->authority(), "127.0.0.1:80");
}

TEST(EndpointTest, KnowsLoopbackByAddressAndNotByName) {
  EXPECT_TRUE(Endpoint::parse("http://127.9.9.9:1")->is_loopback());
  EXPECT_TRUE(Endpoint::parse("http://[::1]:1")->is_loopback());
  EXPECT_FALSE(Endpoint::parse("http://192.0.2.1:1")->is_loopback());
  EXPECT_FALSE(Endpoint::parse("http://[2001:db8::1]:1")->is_loopback());
}

TEST(EndpointTest, RefusesWhatIsNotAPlainServerAddress) {
  for (const char* url : {"127.0.0.1:80", "https://127.0.0.1:80", "http://", "http://h:0",
                          "http://h:65536", "http://h:8x", "http://127.0.0.1:80/v2",
                          "http://user@h:80", "http://[::1", "http://[::1]80"}) {
    const auto endpoint = Endpoint::parse(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, ErrorCode::kInvalidArgument) << url;
  }
}

TEST(EndpointTest, SaysWhenANameDoesNotResolve) {
  const auto endpoint = Endpoint::parse("http://no-such-host.invalid:80");
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(endpoint.error().message.find("no-such-host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace temper::client
