#include <gtest/gtest.h>

#include "temper/profile/profile.h"

namespace temper::profile {
namespace {

TEST(ListenAddressTest, ReadsAddressesOfEachKind) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:8080"),
            (ListenAddress{.host = "127.0.0.1", .port = 8080, .unix_path = ""}));
  EXPECT_EQ(parse_listen_address("[::1]:0"),
            (ListenAddress{.host = "::1", .port = 0, .unix_path = ""}));
  EXPECT_EQ(parse_listen_address("localhost:65535"),
            (ListenAddress{.host = "127.0.0.1", .port = 65535, .unix_path = ""}));
  EXPECT_EQ(parse_listen_address("unix:/run/temper.sock"),
            (ListenAddress{.host = "", .port = 0, .unix_path = "/run/temper.sock"}));
}

TEST(ListenAddressTest, RefusesWhatCannotBeListenedOn) {
  for (const char* text : {"", "127.0.0.1", ":8080", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:80x", "::1:80", "[::1]", "[127.0.0.1]:80",
                           "example:80", "127.1:80", "unix:", "unix:relative.sock"}) {
    EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_listen_address("unix:/" + std::string(107, 'x')).has_value());
  EXPECT_TRUE(parse_listen_address("unix:/" + std::string(106, 'x')).has_value());
}

TEST(ListenAddressTest, TellsLoopbackFromAddressesThatOthersReach) {
  const auto loopback = [](const char* text) { return is_loopback(*parse_listen_address(text)); };
  EXPECT_TRUE(loopback("127.0.0.1:1"));
  EXPECT_TRUE(loopback("127.255.0.9:1"));
  EXPECT_TRUE(loopback("[::1]:1"));
  EXPECT_TRUE(loopback("localhost:1"));
  EXPECT_TRUE(loopback("unix:/tmp/x"));
  EXPECT_FALSE(loopback("0.0.0.0:1"));
  EXPECT_FALSE(loopback("10.0.0.1:1"));
  EXPECT_FALSE(loopback("[::]:1"));
  EXPECT_FALSE(loopback("[::ffff:10.0.0.1]:1"));
}

}  // namespace
}  // namespace temper::profile
