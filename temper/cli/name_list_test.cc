#include "temper/cli/name_list.h"

#include <gtest/gtest.h>

namespace temper::cli {
namespace {

using Names = std::vector<std::string>;

TEST(NameListTest, SplitsAtCommas) {
  EXPECT_EQ(split_names("a,b c, d "), (Names{"a", "b c", "d"}));
  EXPECT_EQ(split_names("one"), Names{"one"});
}

TEST(NameListTest, LeavesEmptyNamesOut) {
  EXPECT_EQ(split_names(""), Names{});
  EXPECT_EQ(split_names(",a,, "), Names{"a"});
}

}  // namespace
}  // namespace temper::cli
