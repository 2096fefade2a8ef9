#include "temper/gateway/service/authentication.h"

#include <algorithm>

#include "temper/core/digest.h"

namespace temper::gateway {
namespace {

constexpr std::string_view role_name(profile::Role role) {
  switch (role) {
    case profile::Role::kInfer:
      return "infer";
    case profile::Role::kAdmin:
      return "admin";
    case profile::Role::kLabeler:
      return "labeler";
    case profile::Role::kReplay:
      return "replay";
  }
  return "?";
}

}  // namespace

bool Caller::has(profile::Role role) const { return std::ranges::find(roles, role) != roles.end(); }

std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  const bool matches =
      std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
      });
  return matches ? authorization.substr(kScheme.size()) : std::string_view{};
}

Authenticator::Authenticator(const profile::Profile& profile)
    : anonymous_{.name = "anonymous",
                 .tenant = "default",
                 .roles = {profile::Role::kInfer, profile::Role::kAdmin, profile::Role::kLabeler,
                           profile::Role::kReplay}} {
  for (const profile::ApiKey& key : profile.api_keys) {
    callers_.emplace(key.sha256,
                     Caller{.name = key.name, .tenant = key.tenant, .roles = key.roles});
  }
}

std::vector<std::string> Authenticator::callers_of(std::string_view tenant) const {
  if (callers_.empty()) return {anonymous_.name};
  std::vector<std::string> names;
  for (const auto& [digest, caller] : callers_) {
    if (caller.tenant == tenant) names.push_back(caller.name);
  }
  return names;
}

Result<const Caller*> Authenticator::authenticate(const Peer& peer,
                                                  std::optional<profile::Role> needed) const {
  if (callers_.empty()) return &anonymous_;
  if (peer.api_key.empty()) {
    return fail(ErrorCode::kUnauthenticated,
                "no API key: send it as 'Authorization: Bearer KEY' or 'temper-api-key: KEY'");
  }
  const auto found = callers_.find(sha256_hex(peer.api_key));
  if (found == callers_.end()) return fail(ErrorCode::kUnauthenticated, "unknown API key");
  if (needed && !found->second.has(*needed)) {
    return fail(ErrorCode::kPermissionDenied, "key '{}' lacks the role '{}'", found->second.name,
                role_name(*needed));
  }
  return &found->second;
}

}  // namespace temper::gateway
