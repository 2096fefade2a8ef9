#include "temper/profile/units.h"

#include <gtest/gtest.h>

namespace temper::profile {
namespace {

using namespace std::chrono_literals;

TEST(UnitsTest, ReadsEveryUnitOfDuration) {
  EXPECT_EQ(parse_duration("7ns"), Duration(7));
  EXPECT_EQ(parse_duration("7us"), Duration(7us));
  EXPECT_EQ(parse_duration("5ms"), Duration(5ms));
  EXPECT_EQ(parse_duration("30s"), Duration(30s));
  EXPECT_EQ(parse_duration("2m"), Duration(2min));
  EXPECT_EQ(parse_duration("6h"), Duration(6h));
  EXPECT_EQ(parse_duration("7d"), Duration(168h));
  EXPECT_EQ(parse_duration("0"), Duration(0));
}

TEST(UnitsTest, RefusesADurationWithoutUnit) {
  const auto read = parse_duration("5");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read.error().message,
            "expected a duration such as \"5ms\", found \"5\" (the unit is missing)");
}

TEST(UnitsTest, NamesTheUnitsWhenOneIsUnknown) {
  const auto read = parse_duration("5sec");
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("units are d, h, m, s, ms, us, ns"), std::string::npos);
}

TEST(UnitsTest, RefusesWhatIsNoQuantity) {
  for (const char* text :
       {"", "ms", "-5ms", "+5ms", "1.5s", "5 ms", " 5ms", "5ms ", "5MS", "0x5s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
  for (const char* text : {"", "MiB", "-1MiB", "1.5GiB", "64 MiB", "64mib", "64", "64M"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(UnitsTest, RefusesQuantitiesBeyondTheirRange) {
  EXPECT_TRUE(parse_duration("106751d").has_value());
  EXPECT_FALSE(parse_duration("106752d").has_value());
  EXPECT_FALSE(parse_duration("99999999999999999999ns").has_value());
  EXPECT_TRUE(parse_size("8388607TiB").has_value());
  EXPECT_FALSE(parse_size("8388608TiB").has_value());
}

TEST(UnitsTest, TellsPowersOf1000FromPowersOf1024) {
  EXPECT_EQ(parse_size("1KB"), 1000U);
  EXPECT_EQ(parse_size("1KiB"), 1024U);
  EXPECT_EQ(parse_size("512MiB"), std::uint64_t{512} << 20);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000U);
}

TEST(UnitsTest, WritesTheWidestUnitThatDivides) {
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(168h), "7d");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(Duration(0)), "0");
  EXPECT_EQ(size_text(std::uint64_t{64} << 20), "64MiB");
  EXPECT_EQ(size_text(1500), "1500B");
}

TEST(UnitsTest, ReadsPercentagesAndNothingElse) {
  EXPECT_DOUBLE_EQ(parse_percentage("99.9%").value(), 0.999);
  EXPECT_DOUBLE_EQ(parse_percentage("0%").value(), 0);
  EXPECT_DOUBLE_EQ(parse_percentage("100%").value(), 1);
  for (const char* text :
       {"", "%", "99.9", "-1%", "100.1%", "nan%", "inf%", "1e1%", "5 %", "5%%"}) {
    EXPECT_FALSE(parse_percentage(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace temper::profile
