#include "temper/model/registry/registry.h"

#include <gmock/gmock.h>

#include "temper/core/digest.h"
#include "temper/model/registry/registry_fixture.h"

namespace temper::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class RegistryTest : public RegistryFixture {};

TEST_F(RegistryTest, TheFirstVersionIsOneAndChampionAndLaterOnesHaveNoAlias) {
  EXPECT_EQ(add("flights"), 1);
  EXPECT_EQ(add("flights"), 2);
  EXPECT_EQ(add("other"), 1);
  EXPECT_THAT(registry_->aliases("flights").value(), ElementsAre(Pair("champion", 1)));
  EXPECT_THAT(registry_->version("flights", 1)->aliases, ElementsAre("champion"));
  EXPECT_THAT(registry_->version("flights", 2)->aliases, ElementsAre());
}

TEST_F(RegistryTest, ARecordComesBackAsItWasGiven) {
  add("flights");
  NewVersion given = new_version("flights");
  given.metadata = {{"producer", "a\"b\n"}, {"empty", ""}};
  given.feature_map = R"({"dep_delay":{"input":"dep_delay"}})";
  given.roles = {.task = "classification",
                 .label_output = "label",
                 .probability_output = "",
                 .positive_class = "1"};
  given.notes = "März";
  given.parent_version = 1;
  given.alias = "challenger";
  given.reference_name = "flights.parquet";
  given.label_column = "late";
  StagedArtifact artifact = registry_->stage(file("other bytes")).value();
  StagedArtifact reference = registry_->stage(file("table")).value();
  const Result<VersionRecord> added =
      registry_->add(given, std::move(artifact), std::move(reference));
  ASSERT_TRUE(added.has_value()) << added.error().message;

  const VersionRecord record = registry_->resolve("flights", "challenger").value();
  EXPECT_EQ(record.version, 2);
  EXPECT_EQ(record.artifact_sha256, sha256_hex(std::string_view("other bytes")));
  EXPECT_EQ(record.artifact_bytes, 11U);
  EXPECT_EQ(read_file(record.artifact), "other bytes");
  EXPECT_EQ(record.probe.signature, given.probe.signature);
  EXPECT_EQ(record.probe.run_ns_1, 12'600);
  EXPECT_EQ(record.metadata, given.metadata);
  EXPECT_EQ(record.feature_map, given.feature_map);
  EXPECT_EQ(record.roles, given.roles);
  EXPECT_EQ(record.notes, "März");
  EXPECT_EQ(record.parent_version, 1);
  ASSERT_TRUE(record.reference.has_value());
  EXPECT_EQ(record.reference->original_name, "flights.parquet");
  EXPECT_EQ(record.reference->label_column, "late");
  EXPECT_EQ(read_file(record.reference->file), "table");
  EXPECT_THAT(record.aliases, ElementsAre("challenger"));
}

TEST_F(RegistryTest, EverythingIsThereAfterReopening) {
  add("flights");
  registry_.reset();
  registry_.emplace(Registry::open(data(), {.create = false}).value());
  EXPECT_EQ(registry_->resolve("flights", "champion")->version, 1);
}

TEST_F(RegistryTest, EqualContentIsStoredOnce) {
  add("a", "same");
  add("b", "same");
  add("b", "different");
  EXPECT_EQ(files_in_store(), 2U);
}

TEST_F(RegistryTest, ListGivesModelsByNameWithTheirVersionsAndAliases) {
  add("zebra");
  add("ant");
  add("ant");
  ASSERT_TRUE(registry_->set_alias("ant", "baseline", 2).has_value());
  ASSERT_TRUE(registry_->set_alias("ant", "challenger", 2).has_value());
  const std::vector<ModelSummary> models = registry_->list().value();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].name, "ant");
  EXPECT_THAT(models[0].versions, ElementsAre(1, 2));
  EXPECT_THAT(models[0].aliases,
              ElementsAre(Pair("baseline", 2), Pair("challenger", 2), Pair("champion", 1)));
  EXPECT_EQ(models[1].name, "zebra");
}

TEST_F(RegistryTest, AnAliasMovesInOneStep) {
  add("m");
  add("m");
  ASSERT_TRUE(registry_->set_alias("m", "champion", 2).has_value());
  EXPECT_EQ(registry_->resolve("m", "champion")->version, 2);
  EXPECT_EQ(registry_->set_alias("m", "champion", 3).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_->set_alias("m", "3", 2).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(registry_->remove_alias("m", "champion").has_value());
  EXPECT_EQ(registry_->remove_alias("m", "champion").error().code, ErrorCode::kNotFound);
}

TEST_F(RegistryTest, WhatIsMissingIsNamedBesideWhatThereIs) {
  add("flights");
  add("flights");
  EXPECT_THAT(registry_->version("fligths", 1).error().message,
              HasSubstr("'fligths' is not registered; registered: flights"));
  EXPECT_THAT(registry_->version("flights", 7).error().message,
              HasSubstr("has no version 7; it has 1, 2"));
  EXPECT_THAT(registry_->resolve("flights", "baseline").error().message,
              HasSubstr("has no alias 'baseline'; it has champion = 1"));
  EXPECT_EQ(registry_->show("fligths").error().code, ErrorCode::kNotFound);
}

TEST_F(RegistryTest, AVersionThatAnAliasNamesIsRemovedOnlyByForce) {
  add("m");
  add("m");
  const Status refused = registry_->remove("m", 1, false);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message,
              HasSubstr("aliases of 'm' name what would go: champion = 1;"));
  EXPECT_TRUE(registry_->remove("m", 2, false).has_value());
  EXPECT_TRUE(registry_->remove("m", 1, true).has_value());
  EXPECT_EQ(registry_->show("m").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(registry_->list()->empty());
}

TEST_F(RegistryTest, ARefusedRemovalOfAModelRemovesNothing) {
  add("m");
  add("m");
  EXPECT_FALSE(registry_->remove("m", std::nullopt, false).has_value());
  EXPECT_EQ(registry_->show("m")->size(), 2U);
  EXPECT_TRUE(registry_->remove("m", std::nullopt, true).has_value());
  EXPECT_EQ(registry_->remove("m", std::nullopt, true).error().code, ErrorCode::kNotFound);
}

TEST_F(RegistryTest, ANumberIsNeverUsedAgain) {
  add("m");
  add("m");
  ASSERT_TRUE(registry_->remove("m", 2, false).has_value());
  EXPECT_EQ(add("m"), 3);
  ASSERT_TRUE(registry_->remove("m", std::nullopt, true).has_value());
  EXPECT_EQ(add("m"), 4);
  EXPECT_EQ(registry_->resolve("m", "champion")->version, 4);
}

TEST_F(RegistryTest, EveryCommittedChangeMovesTheCounterOfOtherHolders) {
  Registry other = Registry::open(data()).value();
  std::uint64_t last = other.change_counter().value();
  const auto moved = [&] {
    const std::uint64_t now = other.change_counter().value();
    return std::exchange(last, now) != now;
  };
  EXPECT_FALSE(moved());
  add("m");
  EXPECT_TRUE(moved());
  ASSERT_TRUE(registry_->set_alias("m", "baseline", 1).has_value());
  EXPECT_TRUE(moved());
  ASSERT_FALSE(registry_->remove("m", 1, false).has_value());
  EXPECT_FALSE(moved());
  ASSERT_TRUE(registry_->remove("m", 1, true).has_value());
  EXPECT_TRUE(moved());
}

TEST_F(RegistryTest, FaultyVersionsAreRefusedWithTheFieldNamed) {
  const auto message = [&](const auto& change) {
    NewVersion version = new_version("m");
    change(version);
    const Result<VersionRecord> added = try_add(std::move(version));
    return added ? std::string("accepted") : added.error().message;
  };
  EXPECT_THAT(message([](NewVersion& v) { v.model = "../m"; }), HasSubstr("a model's name is"));
  EXPECT_THAT(message([](NewVersion& v) { v.alias = "Champion"; }), HasSubstr("an alias is"));
  EXPECT_THAT(message([](NewVersion& v) { v.feature_map = "{"; }),
              HasSubstr("the feature map is not JSON"));
  EXPECT_THAT(message([](NewVersion& v) { v.feature_map = "[1]"; }),
              HasSubstr("expected a JSON object, found array"));
  EXPECT_THAT(message([](NewVersion& v) { v.roles.label_output = "labels"; }),
              HasSubstr("'labels' is no output of the model; it has label"));
  EXPECT_THAT(message([](NewVersion& v) { v.roles.task = "Two words"; }), HasSubstr("a task is"));
  EXPECT_THAT(message([](NewVersion& v) { v.parent_version = 9; }), HasSubstr("has no version 9"));
  EXPECT_TRUE(registry_->list()->empty());
}

TEST_F(RegistryTest, ARefusedParentUsesNoNumber) {
  NewVersion orphan = new_version("m");
  orphan.parent_version = 5;
  ASSERT_FALSE(try_add(std::move(orphan)).has_value());
  EXPECT_EQ(add("m"), 1);
}

TEST_F(RegistryTest, OpeningWithoutMakingSaysThatThereIsNone) {
  const auto opened = Registry::open(folder_.path() / "elsewhere", {.create = false});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST_F(RegistryTest, AFileInPlaceOfTheFolderIsAClearError) {
  const auto opened = Registry::open(file("x"));
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("given.onnx"));
}

TEST_F(RegistryTest, ADamagedDatabaseIsAClearError) {
  registry_.reset();
  std::filesystem::remove(data() / "registry.db-wal");
  ASSERT_TRUE(write_file_atomically(data() / "registry.db", std::string(8192, 'x')).has_value());
  const auto opened = Registry::open(data());
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("is damaged"));
}

TEST_F(RegistryTest, JsonOfARecordHoldsTheProbeAndNullsForWhatIsMissing) {
  add("m");
  const std::string json = to_json(registry_->version("m", 1).value());
  EXPECT_THAT(json, HasSubstr(R"("model":"m","version":1,"aliases":["champion"])"));
  EXPECT_THAT(json, HasSubstr(R"("feature_map":null)"));
  EXPECT_THAT(json, HasSubstr(R"("reference":null)"));
  EXPECT_THAT(json, HasSubstr(R"("probe":{)"));
}

}  // namespace
}  // namespace temper::registry
