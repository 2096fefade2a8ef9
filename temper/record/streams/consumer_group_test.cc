#include "temper/record/streams/consumer_group.h"

#include <gtest/gtest.h>

namespace temper::streams {
namespace {

using Kind = GroupEvent::Kind;
const WallTime kNow{std::chrono::seconds(1'700'000'000)};

GroupEvent event(Kind kind, std::vector<EntryId> ids, std::string consumer = "a",
                 WallTime at = kNow) {
  return {
      .kind = kind, .group = "g", .consumer = std::move(consumer), .at = at, .ids = std::move(ids)};
}

TEST(ConsumerGroupTest, NeedsWhatIsPendingThenWhatIsNew) {
  ConsumerGroup group(EntryId{5, 0});
  EXPECT_EQ(group.needed_from(), (EntryId{5, 1}));
  group.apply(event(Kind::kDeliver, {{6, 0}, {7, 0}}));
  EXPECT_EQ(group.needed_from(), (EntryId{6, 0}));
  EXPECT_EQ(group.apply(event(Kind::kAcknowledge, {{6, 0}})), 1U);
  EXPECT_EQ(group.needed_from(), (EntryId{7, 0}));
  EXPECT_EQ(group.apply(event(Kind::kAcknowledge, {{6, 0}, {7, 0}})), 1U);
  EXPECT_EQ(group.needed_from(), (EntryId{7, 1}));
}

TEST(ConsumerGroupTest, AClaimCountsTheDeliveryAndResetsTheIdleTime) {
  ConsumerGroup group(EntryId{});
  group.apply(event(Kind::kDeliver, {{1, 0}}));
  const WallTime later = kNow + std::chrono::seconds(10);
  ASSERT_EQ(group.claimable(std::chrono::seconds(10), 5, later).size(), 1U);
  group.apply(event(Kind::kClaim, {{1, 0}}, "b", later));
  EXPECT_EQ(group.deliveries({1, 0}), 2U);
  EXPECT_TRUE(group.claimable(std::chrono::nanoseconds(1), 5, later).empty());
  EXPECT_EQ(group.oldest(5, later).front().consumer, "b");
}

TEST(ConsumerGroupTest, AClaimOfWhatIsNotPendingChangesNothing) {
  ConsumerGroup group(EntryId{9, 0});
  group.apply(event(Kind::kClaim, {{1, 0}}));
  EXPECT_EQ(group, ConsumerGroup(EntryId{9, 0}));
}

TEST(ConsumerGroupTest, AClockThatWentBackMakesNothingStale) {
  ConsumerGroup group(EntryId{});
  group.apply(event(Kind::kDeliver, {{1, 0}}));
  EXPECT_TRUE(group.claimable(std::chrono::seconds(1), 5, kNow - std::chrono::hours(1)).empty());
  EXPECT_EQ(group.oldest(5, kNow - std::chrono::hours(1)).front().idle, Duration{0});
}

TEST(ConsumerGroupsTest, TheSlowestGroupDecidesWhatIsNeeded) {
  ConsumerGroups groups;
  EXPECT_EQ(groups.needed_from(), kLastPossibleId);
  groups.insert("fast", ConsumerGroup(EntryId{9, 0}));
  groups.insert("slow", ConsumerGroup(EntryId{2, 0}));
  EXPECT_EQ(groups.needed_from(), (EntryId{2, 1}));
  GroupEvent remove = event(Kind::kRemove, {});
  remove.group = "slow";
  groups.apply(remove);
  EXPECT_EQ(groups.needed_from(), (EntryId{9, 1}));
  EXPECT_EQ(groups.names(), std::vector<std::string>{"fast"});
}

TEST(ConsumerGroupsTest, CreatingTwiceKeepsTheFirst) {
  ConsumerGroups groups;
  groups.apply(event(Kind::kCreate, {{3, 0}}));
  groups.apply(event(Kind::kCreate, {{8, 0}}));
  EXPECT_EQ(groups.find("g")->last_delivered(), (EntryId{3, 0}));
}

}  // namespace
}  // namespace temper::streams
