#include "temper/data/csv_header.h"

#include <gtest/gtest.h>

namespace temper::data {
namespace {

using Names = std::vector<std::string>;

TEST(CsvHeaderTest, TakesTheMostFrequentSeparator) {
  EXPECT_EQ(parse_csv_header("a,b;c,d\n1")->separator, ',');
  EXPECT_EQ(parse_csv_header("a;b;c,d\n1")->separator, ';');
  EXPECT_EQ(parse_csv_header("a\tb\n1,2,3,4")->separator, '\t');
  EXPECT_EQ(parse_csv_header("a|b\r\n1|2")->names, (Names{"a", "b"}));
}

TEST(CsvHeaderTest, ReadsQuotedNames) {
  const auto header = parse_csv_header("\"a;;;\",\"b \"\"c\"\"\",\"two\nlines\"\n1,2,3");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->separator, ',');
  EXPECT_EQ(header->names, (Names{"a;;;", "b \"c\"", "two\nlines"}));
}

TEST(CsvHeaderTest, SkipsAByteOrderMark) {
  EXPECT_EQ(parse_csv_header("\xEF\xBB\xBF"
                             "a,b\n")
                ->names,
            (Names{"a", "b"}));
}

TEST(CsvHeaderTest, RefusesEmptyAndRepeatedNames) {
  EXPECT_FALSE(parse_csv_header(",a,b\n"));
  EXPECT_FALSE(parse_csv_header("a,b,a\n"));
  EXPECT_FALSE(parse_csv_header("a,b,A\n"));
}

}  // namespace
}  // namespace temper::data
