#include "temper/gateway/service/authentication.h"

#include <gtest/gtest.h>

#include "temper/core/digest.h"

namespace temper::gateway {
namespace {

profile::Profile with_keys() {
  profile::Profile profile = profile::built_in_profile();
  profile.api_keys.push_back({.name = "web", .sha256 = sha256_hex("open sesame")});
  profile.api_keys.push_back(
      {.name = "ops", .sha256 = sha256_hex("ops key"), .roles = {profile::Role::kAdmin}});
  return profile;
}

TEST(AuthenticationTest, EverybodyMayDoEverythingWhereKeysAreOff) {
  const Authenticator authenticator(profile::built_in_profile());
  const auto caller = authenticator.authenticate({}, profile::Role::kReplay);
  ASSERT_TRUE(caller);
  EXPECT_EQ((*caller)->name, "anonymous");
  EXPECT_EQ((*caller)->tenant, "default");
}

TEST(AuthenticationTest, KnowsAKeyByItsHash) {
  const Authenticator authenticator(with_keys());
  const auto caller = authenticator.authenticate({.api_key = "open sesame"}, profile::Role::kInfer);
  ASSERT_TRUE(caller);
  EXPECT_EQ((*caller)->name, "web");
}

TEST(AuthenticationTest, RefusesAMissingAndAnUnknownKeyAndTheHashItself) {
  const Authenticator authenticator(with_keys());
  for (const std::string& key : {std::string(), std::string("guess"), sha256_hex("open sesame")}) {
    const auto caller = authenticator.authenticate({.api_key = key}, profile::Role::kInfer);
    ASSERT_FALSE(caller);
    EXPECT_EQ(caller.error().code, ErrorCode::kUnauthenticated);
    EXPECT_EQ(caller.error().message.find("guess"), std::string::npos);
  }
}

TEST(AuthenticationTest, RefusesARoleThatTheKeyLacks) {
  const Authenticator authenticator(with_keys());
  const auto caller = authenticator.authenticate({.api_key = "ops key"}, profile::Role::kInfer);
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().code, ErrorCode::kPermissionDenied);
}

TEST(AuthenticationTest, TakesTheKeyOutOfABearerHeader) {
  EXPECT_EQ(bearer_key("Bearer abc"), "abc");
  EXPECT_EQ(bearer_key("bearer abc"), "abc");
  EXPECT_EQ(bearer_key("Basic abc"), "");
  EXPECT_EQ(bearer_key("Bearer "), "");
  EXPECT_EQ(bearer_key(""), "");
}

}  // namespace
}  // namespace temper::gateway
