#include "temper/core/log.h"

#include <gtest/gtest.h>

namespace temper {
namespace {

std::string written_by(void (*action)()) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

/// What follows the time stamp, which no test can foresee.
std::string after_time(const std::string& line) { return line.substr(line.find(",\"level\"")); }

TEST(LogTest, WritesOneJsonObjectALine) {
  const std::string line = written_by(
      [] { log::info("model loaded", {{"model", "m"}, {"version", 3}, {"warm", true}}); });
  EXPECT_EQ(line.rfind("{\"ts\":", 0), 0U) << line;
  EXPECT_EQ(after_time(line),
            ",\"level\":\"info\",\"msg\":\"model loaded\",\"model\":\"m\",\"version\":3,"
            "\"warm\":true}\n");
}

TEST(LogTest, KeepsALineOneLineWhateverTheText) {
  const std::string line =
      written_by([] { log::error("bad\nname", {{"text", "a\"b\\c\x01\t\r"}}); });
  EXPECT_EQ(after_time(line),
            ",\"level\":\"error\",\"msg\":\"bad\\nname\",\"text\":\"a\\\"b\\\\c\\u0001\\t\\r\"}\n");
}

TEST(LogTest, LeavesOutWhatIsBelowTheLevel) {
  const std::string lines = written_by([] {
    log::debug("quiet");
    log::set_level(log::Level::kWarning);
    log::info("quiet too");
    log::warning("loud");
    log::set_level(log::Level::kInfo);
  });
  EXPECT_EQ(after_time(lines), ",\"level\":\"warning\",\"msg\":\"loud\"}\n");
}

TEST(LogTest, OffMeansOff) {
  const std::string lines = written_by([] {
    log::set_level(log::Level::kOff);
    log::error("nothing");
    log::set_level(log::Level::kInfo);
  });
  EXPECT_EQ(lines, "");
}

}  // namespace
}  // namespace temper
