#include "temper/gateway/fleet/placement.h"

#include "temper/gateway/fleet/fleet_fixture.h"

namespace temper::gateway {
namespace {

class PlacementTest : public FleetFixture {
 protected:
  [[nodiscard]] registry::VersionRecord version(std::uint64_t peak_bytes = 0) {
    add("m", "linear");
    registry::VersionRecord record = registry_->version("m", 1).value();
    record.probe.peak_bytes = peak_bytes;
    return record;
  }

  [[nodiscard]] Runtimes runtimes() {
    Runtimes made;
    made.in_process = engine_;
    made.make_host = [this](const HostNeeds& needs) -> Result<std::shared_ptr<runtime::Runtime>> {
      hosts_.push_back(needs);
      return engine_;
    };
    return made;
  }

  std::vector<HostNeeds> hosts_;
};

TEST_F(PlacementTest, ASafeVersionRunsInProcess) {
  Placement placement(profile_, runtimes());
  const auto placed = placement.place(version(), profile_->policy_for("m"));
  ASSERT_TRUE(placed) << placed.error().message;
  ASSERT_EQ(placed->size(), 1U);
  EXPECT_TRUE(placed->front().in_process);
  EXPECT_TRUE(hosts_.empty());
}

TEST_F(PlacementTest, AnUnsafeVersionGetsAHostWithRoomForWhatTheProbeSaw) {
  Placement placement(profile_, runtimes());
  registry::VersionRecord record = version(std::uint64_t{1} << 30);
  record.probe.safe_in_process = false;
  const auto placed = placement.place(record, profile_->policy_for("m"));
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_FALSE(placed->front().in_process);
  ASSERT_EQ(hosts_.size(), 1U);
  EXPECT_GE(hosts_.front().memory_bytes, std::uint64_t{1} << 30);
}

TEST_F(PlacementTest, AVersionThatDoesNotFitInTheGatewayGoesToAHost) {
  profile_->devices.front().memory_bytes = std::uint64_t{64} << 20;
  Placement placement(profile_, runtimes());
  const auto placed = placement.place(version(std::uint64_t{100} << 20), profile_->policy_for("m"));
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_FALSE(placed->front().in_process);
}

TEST_F(PlacementTest, ThePolicyOverrulesTheProbe) {
  Placement placement(profile_, runtimes());
  profile::ModelPolicy policy = profile_->policy_for("m");
  policy.placement = profile::Placement::kHost;
  const auto placed = placement.place(version(), policy);
  ASSERT_TRUE(placed);
  EXPECT_FALSE(placed->front().in_process);
}

TEST_F(PlacementTest, MemoryPromisedIsNotPromisedTwiceAndComesBack) {
  profile_->devices.resize(1);
  profile_->devices.front().memory_bytes = std::uint64_t{100} << 20;
  Placement placement(profile_, runtimes());
  const registry::VersionRecord record = version(std::uint64_t{60} << 20);
  const profile::ModelPolicy policy = profile_->policy_for("m");
  auto first = placement.place(record, policy);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = placement.place(record, policy);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kResourceExhausted);
  first->clear();
  EXPECT_TRUE(placement.place(record, policy));
}

TEST_F(PlacementTest, RefusesMoreDevicesThanTheProfileHas) {
  Placement placement(profile_, runtimes());
  profile::ModelPolicy policy = profile_->policy_for("m");
  policy.instances = 3;
  const auto placed = placement.place(version(), policy);
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace temper::gateway
