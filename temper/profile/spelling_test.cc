#include "temper/profile/spelling.h"

#include <gtest/gtest.h>

#include <array>

namespace temper::profile {
namespace {

TEST(SpellingTest, CountsEachKindOfSlipAsOne) {
  EXPECT_EQ(edit_distance("delay", "delay"), 0U);
  EXPECT_EQ(edit_distance("delay", "dealy"), 1U);
  EXPECT_EQ(edit_distance("delay", "dlay"), 1U);
  EXPECT_EQ(edit_distance("delay", "dellay"), 1U);
  EXPECT_EQ(edit_distance("delay", "decay"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(SpellingTest, FindsTheNearestWordAndNoFarOne) {
  constexpr std::array<std::string_view, 3> kKnown = {"max_queue_delay", "max_batch_rows",
                                                      "enabled"};
  EXPECT_EQ(nearest_word("max_queue_dealy", kKnown), "max_queue_delay");
  EXPECT_EQ(nearest_word("enable", kKnown), "enabled");
  EXPECT_EQ(nearest_word("threads", kKnown), "");
  EXPECT_EQ(nearest_word("", kKnown), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace temper::profile
