#include "temper/record/streams/streams.h"

#include <gtest/gtest.h>

namespace temper::streams {
namespace {

TEST(EntryIdTest, ReadsWhatItPrints) {
  const EntryId id{.time_ms = 1'700'000'000'000, .sequence = 3};
  EXPECT_EQ(id.to_string(), "1700000000000-3");
  EXPECT_EQ(EntryId::parse("1700000000000-3").value(), id);
}

TEST(EntryIdTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "1", "-", "1-", "-1", "1-2-3", "a-1", "1 -2", "18446744073709551616-0"}) {
    EXPECT_EQ(EntryId::parse(text).error().code, ErrorCode::kInvalidArgument) << text;
  }
}

TEST(EntryIdTest, TheNextOneCarries) {
  EXPECT_EQ((EntryId{1, 2}).next(), (EntryId{1, 3}));
  EXPECT_EQ((EntryId{1, UINT64_MAX}).next(), (EntryId{2, 0}));
  EXPECT_EQ(kLastPossibleId.next(), kLastPossibleId);
}

TEST(EntryIdTest, FollowsTheClockUnlessItWentBack) {
  const WallTime at_five{std::chrono::milliseconds(5)};
  EXPECT_EQ(following_id({3, 9}, at_five), (EntryId{5, 0}));
  EXPECT_EQ(following_id({5, 9}, at_five), (EntryId{5, 10}));
  EXPECT_EQ(following_id({8, 0}, at_five), (EntryId{8, 1}));
  EXPECT_EQ(following_id({}, WallTime(std::chrono::seconds(-1))), (EntryId{0, 1}))
      << "0-0 means none";
}

}  // namespace
}  // namespace temper::streams
