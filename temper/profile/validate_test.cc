#include <gtest/gtest.h>

#include "temper/profile/profile.h"

namespace temper::profile {
namespace {

using namespace std::chrono_literals;

const std::string kDigest = std::string(64, 'a');

/// The one problem of `profile`, as "key: message"; fails the test where there are more or none.
std::string only_problem(const Profile& profile) {
  const std::vector<Problem> problems = validate(profile);
  EXPECT_EQ(problems.size(), 1U);
  for (std::size_t index = 1; index < problems.size(); ++index) {
    ADD_FAILURE() << problems[index].key << ": " << problems[index].message;
  }
  return problems.empty() ? std::string() : problems.front().key + ": " + problems.front().message;
}

bool has_problem(const Profile& profile, std::string_view key) {
  for (const Problem& problem : validate(profile)) {
    if (problem.key == key) return true;
  }
  return false;
}

Profile with_model(const ModelPolicy& policy) {
  Profile profile = built_in_profile();
  profile.models = {policy};
  if (profile.models[0].name.empty()) profile.models[0].name = "m";
  return profile;
}

TEST(ValidateTest, AnOpenAddressNeedsKeysAndTls) {
  Profile profile = built_in_profile();
  profile.server.http = "0.0.0.0:8080";
  EXPECT_EQ(only_problem(profile),
            "server.http: 0.0.0.0:8080 can be reached by others, and neither API keys nor TLS are "
            "set; add [[api_keys]] and [server.tls], or listen on 127.0.0.1");
  EXPECT_EQ(check_exposure(profile).error().code, ErrorCode::kFailedPrecondition);
  profile.api_keys = {
      ApiKey{.name = "one", .sha256 = kDigest, .roles = {Role::kInfer}, .tenant = "t"}};
  EXPECT_NE(only_problem(profile).find("TLS is off"), std::string::npos);
  profile.server.tls = {.certificate = "/c.pem", .key = "/k.pem", .client_ca = ""};
  EXPECT_TRUE(validate(profile).empty());
  EXPECT_TRUE(check_exposure(profile).has_value());
  profile.api_keys.clear();
  EXPECT_NE(only_problem(profile).find("no API key is set"), std::string::npos);
}

TEST(ValidateTest, AdministrationNeverLeavesTheMachine) {
  Profile profile = built_in_profile();
  profile.api_keys = {
      ApiKey{.name = "one", .sha256 = kDigest, .roles = {Role::kAdmin}, .tenant = "t"}};
  profile.server.tls = {.certificate = "/c.pem", .key = "/k.pem", .client_ca = ""};
  profile.server.admin = "10.0.0.1:8082";
  EXPECT_NE(only_problem(profile).find("loopback or on a Unix socket only"), std::string::npos);
  profile.server.admin = "unix:/run/temper.sock";
  EXPECT_TRUE(validate(profile).empty());
  profile.server.admin_grpc = "0.0.0.0:8083";
  EXPECT_NE(only_problem(profile).find("server.admin_grpc: "), std::string::npos);
  profile.server.admin_grpc = "";
  EXPECT_TRUE(validate(profile).empty());
}

TEST(ValidateTest, TwoListenersCannotShareAnAddressButMayBothAskForAnyPort) {
  Profile profile = built_in_profile();
  profile.server.grpc = profile.server.http;
  EXPECT_EQ(only_problem(profile), "server.grpc: 127.0.0.1:8080 is already the address of http");
  profile.server.http = profile.server.grpc = profile.server.admin = profile.server.admin_grpc =
      "127.0.0.1:0";
  EXPECT_TRUE(validate(profile).empty());
}

TEST(ValidateTest, OneFrontAtLeastListens) {
  Profile profile = built_in_profile();
  profile.server.http = profile.server.grpc = "";
  EXPECT_EQ(only_problem(profile), "server: both http and grpc are off: nothing could be served");
}

TEST(ValidateTest, CertificateAndKeyGoTogether) {
  Profile profile = built_in_profile();
  profile.server.tls.certificate = "/c.pem";
  EXPECT_EQ(only_problem(profile), "server.tls: certificate and key go together; key is missing");
}

TEST(ValidateTest, KeysAreDigestsAndDistinct) {
  Profile profile = built_in_profile();
  ApiKey key{.name = "one", .sha256 = "secret", .roles = {Role::kInfer}, .tenant = "t"};
  profile.api_keys = {key};
  EXPECT_TRUE(has_problem(profile, "api_keys[0].sha256"));
  key.sha256 = kDigest;
  profile.api_keys = {key, key};
  EXPECT_TRUE(has_problem(profile, "api_keys[1].name"));
  EXPECT_TRUE(has_problem(profile, "api_keys[1].sha256"));
}

TEST(ValidateTest, TheDigestOfAnEmptyKeyIsRefused) {
  Profile profile = built_in_profile();
  profile.api_keys = {
      ApiKey{.name = "one",
             .sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
             .roles = {Role::kInfer},
             .tenant = "t"}};
  EXPECT_TRUE(has_problem(profile, "api_keys[0].sha256"));
}

TEST(ValidateTest, TheQueueDelayHasAHardCeiling) {
  ModelPolicy policy;
  policy.batching.max_queue_delay = 50ms;
  EXPECT_TRUE(validate(with_model(policy)).empty());
  policy.batching.max_queue_delay = 50ms + 1ns;
  EXPECT_TRUE(has_problem(with_model(policy), "models[0].batching.max_queue_delay"));
}

TEST(ValidateTest, TheQueueDelayLeavesTimeWithinTheTiersLatency) {
  Profile profile = with_model({});
  profile.tiers[0].p99_latency = 5ms;
  EXPECT_TRUE(has_problem(profile, "models[0].batching.max_queue_delay"));
}

TEST(ValidateTest, BatchBoundsAreInOrder) {
  ModelPolicy policy;
  policy.batching.max_batch_rows = 128;
  EXPECT_EQ(only_problem(with_model(policy)),
            "models[0].batching.max_batch_rows_under_load: 64 is below max_batch_rows, 128");
  policy.batching.max_batch_rows_under_load = 128;
  policy.batching.max_queued_rows = 127;
  EXPECT_EQ(only_problem(with_model(policy)),
            "models[0].batching.max_queued_rows: 127 rows never fill a batch of 128");
}

TEST(ValidateTest, TierIdsAreUnique) {
  Profile profile = built_in_profile();
  Tier other;
  other.name = "other";
  profile.tiers.push_back(other);
  EXPECT_EQ(only_problem(profile), "tiers[1].id: 0 is already that of tiers[0]");
}

TEST(ValidateTest, ATierInheritsOnlyFromOneListedBefore) {
  Profile profile = built_in_profile();
  profile.tiers[0].inherits = 0;
  EXPECT_EQ(only_problem(profile), "tiers[0].inherits: no tier 0 is listed before this one");
}

TEST(ValidateTest, AModelNamesATierAndDevicesThatExist) {
  ModelPolicy policy;
  policy.tier = 4;
  EXPECT_EQ(only_problem(with_model(policy)), "models[0].tier: there is no tier 4");
  policy.tier = 0;
  policy.devices = {0, 7};
  EXPECT_EQ(only_problem(with_model(policy)), "models[0].devices: there is no device 7");
}

TEST(ValidateTest, ModelsAreListedOnce) {
  Profile profile = with_model({});
  profile.models.push_back(profile.models[0]);
  EXPECT_EQ(only_problem(profile), "models[1].name: m is already that of models[0]");
}

TEST(ValidateTest, ATierThatWantsTwoDevicesIsRefusedOnOne) {
  Profile profile = built_in_profile();
  profile.devices.pop_back();
  profile.tiers[0].min_devices = 2;
  EXPECT_TRUE(has_problem(profile, "tiers[0].min_devices"));
}

TEST(ValidateTest, AModelPinnedToOneDeviceCannotBeOfATierThatWantsTwo) {
  ModelPolicy policy;
  policy.devices = {1};
  Profile profile = with_model(policy);
  profile.tiers[0].min_devices = 2;
  EXPECT_EQ(
      only_problem(profile),
      "models[0].placement: 2 devices are wanted, but placement auto over its devices leaves 1");
}

TEST(ValidateTest, PlacementInProcessNeedsTheProcessDevice) {
  ModelPolicy policy;
  policy.placement = Placement::kProcess;
  policy.devices = {1};
  EXPECT_EQ(
      only_problem(with_model(policy)),
      "models[0].placement: 1 device is wanted, but placement process over its devices leaves 0");
}

TEST(ValidateTest, AHostHasAMemoryLimit) {
  Profile profile = built_in_profile();
  profile.devices[1].memory_bytes = 0;
  EXPECT_TRUE(has_problem(profile, "devices[1].memory_bytes"));
}

TEST(ValidateTest, OneDeviceOnlyRunsInTheGatewaysProcess) {
  Profile profile = built_in_profile();
  profile.devices[1].runs = Runs::kProcess;
  EXPECT_TRUE(has_problem(profile, "devices[1].runs"));
}

TEST(ValidateTest, TrainingNeverSharesTheServingPool) {
  Profile profile = built_in_profile();
  Device training = profile.devices[1];
  training.id = 2;
  training.name = "training";
  training.pool = Pool::kTraining;
  profile.devices.push_back(training);
  ModelPolicy policy;
  policy.name = "m";
  policy.devices = {1, 2};
  profile.models = {policy};
  EXPECT_EQ(only_problem(profile),
            "models[0].devices: device 2 is of the training pool, which never serves");
}

TEST(ValidateTest, DevicesHaveIdsOfTheWire) {
  Profile profile = built_in_profile();
  profile.devices[1].id = 103;
  EXPECT_TRUE(validate(profile).empty());
  profile.devices[1].id = 104;
  EXPECT_TRUE(has_problem(profile, "devices[1].id"));
}

TEST(ValidateTest, FallbackChainsMakeSense) {
  Profile profile = built_in_profile();
  std::vector<FallbackKind>& chain = profile.tiers[0].fallback;
  chain = {FallbackKind::kAbort, FallbackKind::kCachedPrediction};
  EXPECT_EQ(only_problem(profile),
            "tiers[0].fallback: abort stands alone: it allows no substitute");
  chain = {FallbackKind::kError, FallbackKind::kCachedPrediction};
  EXPECT_EQ(only_problem(profile), "tiers[0].fallback: nothing after error is ever tried");
  chain = {FallbackKind::kTierOutputs};
  EXPECT_EQ(only_problem(profile), "tiers[0].fallback: tier_outputs needs fallback_tier");
  profile.tiers[0].fallback_tier = 4;
  EXPECT_EQ(only_problem(profile), "tiers[0].fallback_tier: there is no tier 4");
  chain = {};
  profile.tiers[0].fallback_tier.reset();
  EXPECT_EQ(only_problem(profile), "tiers[0].fallback: expected at least one entry");
}

TEST(ValidateTest, AFallbackModelWithoutEffectIsNamed) {
  ModelPolicy policy;
  policy.fallback_model = "simple";
  EXPECT_TRUE(has_problem(with_model(policy), "models[0].fallback_model"));
  Profile profile = with_model(policy);
  profile.tiers[0].fallback = {FallbackKind::kBaselineModel};
  EXPECT_TRUE(validate(profile).empty());
  profile.models[0].fallback_model = "m";
  EXPECT_EQ(only_problem(profile), "models[0].fallback_model: a model cannot fall back on itself");
}

TEST(ValidateTest, NotANumberIsOutOfEveryRange) {
  Profile profile = built_in_profile();
  profile.limits.requests_per_second = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(has_problem(profile, "limits.requests_per_second"));
}

TEST(ValidateTest, AnAvailabilityOfOneIsAPromiseNobodyCanKeep) {
  Profile profile = built_in_profile();
  profile.tiers[0].availability = 1;
  EXPECT_TRUE(has_problem(profile, "tiers[0].availability"));
}

TEST(ValidateTest, AWorkerApartNeedsStreamsThatItCanReach) {
  Profile profile = built_in_profile();
  profile.record.worker = Worker::kApart;
  EXPECT_TRUE(has_problem(profile, "record.worker"));
  profile.streams.backend = StreamBackend::kRedis;
  EXPECT_TRUE(validate(profile).empty());
  profile.streams.redis = "unix:/run/redis";
  EXPECT_TRUE(has_problem(profile, "streams.redis"));
}

}  // namespace
}  // namespace temper::profile
