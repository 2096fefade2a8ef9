#include "temper/cli/client/server_options.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace temper::client {
namespace {

TEST(ServerOptionsTest, TakesTheKeyFromTheEnvironmentUnlessTheCommandLineHasOne) {
  setenv("TEMPER_API_KEY", "from-environment", 1);
  ServerFlags flags;
  EXPECT_EQ(server_options(flags)->api_key, "from-environment");
  flags.server.api_key = "typed";
  EXPECT_EQ(server_options(flags)->api_key, "typed");
  unsetenv("TEMPER_API_KEY");
}

TEST(ServerOptionsTest, RefusesATimeoutThatIsNone) {
  ServerFlags flags;
  flags.timeout_s = 0;
  EXPECT_FALSE(server_options(flags));
  flags.timeout_s = 0.5;
  EXPECT_EQ(server_options(flags)->timeout, std::chrono::milliseconds(500));
}

TEST(ServerOptionsTest, ReadsRowRanges) {
  EXPECT_EQ(parse_row_range("3..5")->first, 3U);
  EXPECT_EQ(parse_row_range("3..5")->end, 5U);
  EXPECT_EQ(parse_row_range("3")->end, 4U);
  EXPECT_FALSE(parse_row_range("3..")->end);
  for (const char* wrong : {"", "..", "5..3", "3..3", "a", "1..b", "-1"}) {
    EXPECT_FALSE(parse_row_range(wrong)) << wrong;
  }
}

TEST(ServerOptionsTest, ReadsCounts) {
  EXPECT_EQ(*parse_counts("1,16,64", 100), (std::vector<int>{1, 16, 64}));
  for (const char* wrong : {"", "0", "101", "1,x", "1.5"}) {
    EXPECT_FALSE(parse_counts(wrong, 100)) << wrong;
  }
}

TEST(ServerOptionsTest, ReadsSpeeds) {
  EXPECT_EQ(*parse_speed("3600x"), 3600);
  EXPECT_EQ(*parse_speed("0.5"), 0.5);
  EXPECT_EQ(*parse_speed(""), 0);
  for (const char* wrong : {"x", "-1", "0x", "nan", "inf"}) EXPECT_FALSE(parse_speed(wrong));
}

TEST(ServerOptionsTest, SplitsNames) {
  EXPECT_TRUE(split_names("").empty());
  EXPECT_EQ(split_names("a,b"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace temper::client
