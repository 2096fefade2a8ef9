#include "temper/profile/profile.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "temper/core/file.h"

namespace temper::profile {
namespace {

using namespace std::chrono_literals;

std::filesystem::path shipped(const std::string& name) {
  const char* root = std::getenv("TEMPER_SOURCE_DIR");
  return std::filesystem::path(root == nullptr ? "." : root) / "profiles" / name;
}

std::string error_of(const Result<Profile>& loaded) {
  return loaded ? std::string() : loaded.error().message;
}

TEST(ProfileTest, TheBuiltInProfileIsTheShippedSingle) {
  const Result<Profile> single = load_profile(shipped("single.toml"));
  ASSERT_TRUE(single.has_value()) << error_of(single);
  EXPECT_EQ(to_toml(*single), to_toml(built_in_profile()));
  EXPECT_EQ(*single, built_in_profile());
}

TEST(ProfileTest, TheBuiltInProfileIsValid) { EXPECT_TRUE(validate(built_in_profile()).empty()); }

TEST(ProfileTest, LayeredHasTheSevenTiersWithTheirServiceLevels) {
  const Result<Profile> layered = load_profile(shipped("layered.toml"));
  ASSERT_TRUE(layered.has_value()) << error_of(layered);
  ASSERT_EQ(layered->tiers.size(), 7U);
  const Tier& events = *layered->find_tier(3);
  EXPECT_EQ(events.p99_latency, 100ms);
  EXPECT_DOUBLE_EQ(events.availability, 0.999);
  EXPECT_DOUBLE_EQ(events.accuracy.value(), 0.95);
  EXPECT_EQ(events.drift_check_interval, 1h);
  EXPECT_EQ(events.fallback.front(), FallbackKind::kBaselineModel);
  const Tier& policy = *layered->find_tier(6);
  EXPECT_EQ(policy.inherits, 5);
  EXPECT_EQ(policy.p99_latency, 1s);
  EXPECT_DOUBLE_EQ(policy.accuracy.value(), 0.85);
  EXPECT_EQ(policy.fallback.front(), FallbackKind::kCachedPrediction);
  EXPECT_FALSE(layered->find_tier(7)->accuracy.has_value());
  const Tier& decisions = *layered->find_tier(9);
  EXPECT_EQ(decisions.min_devices, 2);
  EXPECT_EQ(decisions.fallback, std::vector{FallbackKind::kAbort});
  EXPECT_EQ(decisions.lineage, Lineage::kRequired);
  EXPECT_EQ(decisions.accuracy_of, AccuracyKind::kApproved);
}

TEST(ProfileTest, AModelThatIsNotListedHasTheDefaultsUnderItsName) {
  Profile profile = built_in_profile();
  profile.model_defaults.intra_op_threads = 3;
  ModelPolicy listed;
  listed.name = "flights";
  listed.deadline = 50ms;
  profile.models = {listed};
  EXPECT_EQ(profile.policy_for("flights"), listed);
  EXPECT_EQ(profile.policy_for("other").name, "other");
  EXPECT_EQ(profile.policy_for("other").intra_op_threads, 3);
}

TEST(ProfileTest, TheDeadlineIsTheModelsThenTheServersThenTheTiers) {
  Profile profile = built_in_profile();
  ModelPolicy policy = profile.model_defaults;
  EXPECT_EQ(profile.default_deadline(policy), 10s);
  profile.server.default_deadline = 3s;
  EXPECT_EQ(profile.default_deadline(policy), 3s);
  policy.deadline = 1s;
  EXPECT_EQ(profile.default_deadline(policy), 1s);
}

TEST(ProfileTest, AMissingFileIsNotFound) {
  const Result<Profile> loaded = load_profile("/nowhere/profile.toml");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
}

TEST(ProfileTest, LoadingNamesTheFileAndEveryProblem) {
  const Result<TemporaryFolder> folder = TemporaryFolder::create("profile");
  ASSERT_TRUE(folder.has_value());
  const std::filesystem::path path = folder->path() / "bad.toml";
  ASSERT_TRUE(
      write_file_atomically(path, "nmae = \"x\"\n[server]\nidle_timeout = 60\n").has_value());
  const Result<Profile> loaded = load_profile(path);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      loaded.error().message,
      path.string() + ":1:1: unknown key 'nmae' at the top; did you mean 'name'?\n" +
          path.string() +
          ":3:16: server.idle_timeout: expected a duration such as \"5ms\", found the integer 60");
}

TEST(ProfileTest, ARelativeCertificateIsTakenFromTheProfilesFolder) {
  const ParsedProfile parsed = parse_profile(
      "[server.tls]\ncertificate = \"tls/cert.pem\"\nkey = \"/etc/key.pem\"\n"
      "[[tiers]]\n[[devices]]\n",
      "/etc/temper/p.toml");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems.front().message;
  EXPECT_EQ(parsed.profile.server.tls.certificate, "/etc/temper/tls/cert.pem");
  EXPECT_EQ(parsed.profile.server.tls.key, "/etc/key.pem");
}

}  // namespace
}  // namespace temper::profile
