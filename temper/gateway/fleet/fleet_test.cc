#include "temper/gateway/fleet/fleet.h"

#include <future>

#include "temper/core/file.h"
#include "temper/gateway/fleet/fleet_fixture.h"

namespace temper::gateway {
namespace {

class FleetTest : public FleetFixture {
 protected:
  [[nodiscard]] static int champion(const Fleet& fleet, const std::string& model) {
    const auto found = fleet.find(model, "");
    return found ? (*found)->record->version : 0;
  }

  static Status wait_for(const std::function<void(Fleet::Done)>& start) {
    std::promise<Status> promise;
    start([&promise](Status status) { promise.set_value(std::move(status)); });
    return promise.get_future().get();
  }
};

TEST_F(FleetTest, ServesTheChampionOfWhatIsRegistered) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  const auto found = fleet->find("flights", "");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)->record->version, 1);
  EXPECT_EQ((*found)->signature().inputs.front().name, "x");
  EXPECT_TRUE(fleet->find("flights", "1"));
  EXPECT_TRUE(fleet->find("flights", "champion"));
}

TEST_F(FleetTest, SaysWhatThereIsWhenAskedForWhatThereIsNot) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  const auto model = fleet->find("fligths", "");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_NE(model.error().message.find("'flights'"), std::string::npos);
  EXPECT_EQ(fleet->find("flights", "9").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fleet->find("flights", "baseline").error().code, ErrorCode::kNotFound);
}

TEST_F(FleetTest, NoticesAVersionAndAnAliasThatAnotherProcessWrote) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  EXPECT_EQ(add("flights", "linear"), 2);
  ASSERT_TRUE(eventually([&] { return fleet->find("flights", "2").has_value(); }));
  EXPECT_EQ(champion(*fleet, "flights"), 1);
  set_champion("flights", 2);
  EXPECT_TRUE(eventually([&] { return champion(*fleet, "flights") == 2; }));
}

TEST_F(FleetTest, KeepsTheOldChampionWhenTheNewOneCannotBeLoaded) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  const int broken = add("flights", "linear");
  // The file rots on disk after registration.
  registry::VersionRecord record = registry_->version("flights", broken).value();
  ASSERT_TRUE(eventually([&] { return fleet->find("flights", "2").has_value(); }));
  const int rotten = add("flights", "two_inputs");
  record = registry_->version("flights", rotten).value();
  std::filesystem::permissions(record.artifact, std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file_atomically(record.artifact, "rot"));
  set_champion("flights", rotten);
  EXPECT_EQ(
      wait_for([&](Fleet::Done done) { fleet->load("flights", std::move(done)); }).has_value(),
      champion(*fleet, "flights") == rotten);
  EXPECT_GT(champion(*fleet, "flights"), 0);
}

TEST_F(FleetTest, UnloadedModelsSaySoUntilTheyAreLoadedAgain) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  ASSERT_TRUE(wait_for([&](Fleet::Done done) { fleet->unload("flights", std::move(done)); }));
  const auto gone = fleet->find("flights", "");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(gone.error().message.find("unloaded"), std::string::npos);
  EXPECT_FALSE(fleet->index().front().ready);
  ASSERT_TRUE(wait_for([&](Fleet::Done done) { fleet->load("flights", std::move(done)); }));
  EXPECT_EQ(champion(*fleet, "flights"), 1);
}

TEST_F(FleetTest, LoadingAnUnknownModelIsAnError) {
  const auto fleet = start_fleet();
  const Status loaded = wait_for([&](Fleet::Done done) { fleet->load("nobody", std::move(done)); });
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(wait_for([&](Fleet::Done done) { fleet->unload("nobody", std::move(done)); }));
}

TEST_F(FleetTest, HoldsTheLatestThreeAndWhateverAnAliasNames) {
  for (int i = 0; i < 5; ++i) add("flights", "linear");
  const auto fleet = start_fleet();
  std::vector<int> loaded;
  for (const auto& served : fleet->loaded()) loaded.push_back(served->record->version);
  EXPECT_EQ(loaded, (std::vector<int>{1, 3, 4, 5}));
  const auto second = fleet->find("flights", "2");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(FleetTest, AVersionHeldByARequestOutlivesItsRemoval) {
  add("flights", "linear");
  const auto fleet = start_fleet();
  const std::shared_ptr<ServedVersion> held = fleet->find("flights", "").value();
  ASSERT_TRUE(registry_->remove("flights", std::nullopt, true));
  ASSERT_TRUE(eventually([&] { return !fleet->find("flights", "").has_value(); }));
  std::promise<Result<batching::Answer>> promise;
  batching::Work work;
  work.inputs = {rows_of_four(2)};
  work.outputs = {0};
  work.rows = 2;
  work.arrival = system_clock_instance().now();
  work.deadline = kNever;
  work.done = [&](Result<batching::Answer> answer) { promise.set_value(std::move(answer)); };
  held->executor->submit(std::move(work));
  const Result<batching::Answer> answer = promise.get_future().get();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->outputs.front().shape, (Shape{2, 3}));
}

}  // namespace
}  // namespace temper::gateway
