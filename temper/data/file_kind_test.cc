#include "temper/data/file_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace temper::data {
namespace {

TEST(FileKindTest, TellsKindsByTheirFirstBytes) {
  EXPECT_EQ(*recognise("PAR1\x15\x04"), FileKind::kParquet);
  EXPECT_EQ(*recognise("  \n[{\"a\":1}]"), FileKind::kJson);
  EXPECT_EQ(*recognise("\xEF\xBB\xBF{\"a\":1}"), FileKind::kJson);
  EXPECT_EQ(*recognise("\"a\",\"b\"\n1,2\n"), FileKind::kCsv);
}

TEST(FileKindTest, NamesFormatsItDoesNotRead) {
  EXPECT_NE(recognise("PK\x03\x04rest").error().message.find("ZIP"), std::string::npos);
  EXPECT_NE(recognise("ARROW1").error().message.find("Arrow"), std::string::npos);
  EXPECT_NE(recognise("\xFF\xFE").error().message.find("UTF-16"), std::string::npos);
  EXPECT_NE(recognise(std::string("\x7f"
                                  "ELF\0\0",
                                  6))
                .error()
                .message.find("binary"),
            std::string::npos);
}

TEST(FileKindTest, RefusesEmptyAndBlankFiles) {
  EXPECT_EQ(recognise("").error().message, "the file is empty");
  EXPECT_FALSE(recognise("\n  \n"));
}

}  // namespace
}  // namespace temper::data
