#include <gtest/gtest.h>

#include "temper/model/registry/registry.h"

namespace temper::registry {
namespace {

TEST(NamesTest, ModelNamesAreSafeInPathsUrlsAndMetrics) {
  for (const std::string& name : {std::string("m"), std::string("Mini-LM.v2_int8"),
                                  std::string("0"), std::string(128, 'a')}) {
    EXPECT_TRUE(check_model_name(name).has_value()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string(".hidden"), std::string("-x"), std::string("a/b"),
        std::string("a b"), std::string("é"), std::string("a\0b", 3), std::string(129, 'a')}) {
    EXPECT_EQ(check_model_name(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST(NamesTest, AnAliasIsNeverANumber) {
  for (const std::string& name :
       {std::string("champion"), std::string("v2"), std::string("a-b_c"), std::string(64, 'a')}) {
    EXPECT_TRUE(check_alias_name(name).has_value()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("2"), std::string("2b"), std::string("Champion"),
        std::string("a.b"), std::string("a,b"), std::string(65, 'a')}) {
    EXPECT_EQ(check_alias_name(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

}  // namespace
}  // namespace temper::registry
