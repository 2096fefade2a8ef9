// Who is calling, and what they may do. Fails closed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "temper/core/result.h"
#include "temper/profile/profile.h"

namespace temper::gateway {

/// Where a request came in: administration has a listener of its own.
enum class Surface { kPublic, kAdmin };

struct Peer {
  Surface surface = Surface::kPublic;
  /// The key as sent; empty where none was.
  std::string_view api_key;
};

struct Caller {
  /// The key's name in the profile; "anonymous" where keys are off.
  std::string name;
  std::string tenant;
  std::vector<profile::Role> roles;

  [[nodiscard]] bool has(profile::Role role) const;
};

/// The key inside an `Authorization: Bearer KEY` value; empty where it is none.
[[nodiscard]] std::string_view bearer_key(std::string_view authorization);

class Authenticator {
 public:
  explicit Authenticator(const profile::Profile& profile);

  /// The caller behind `peer`; the pointer lives as long as this object. Where the profile lists no
  /// keys everyone who reaches the (then loopback) listener holds every role.
  /// `needed` empty = any key will do. Errors: kUnauthenticated without a known key;
  /// kPermissionDenied without the role needed.
  [[nodiscard]] Result<const Caller*> authenticate(const Peer& peer,
                                                   std::optional<profile::Role> needed) const;

  /// Names of everybody of that tenant, "anonymous" where keys are off.
  [[nodiscard]] std::vector<std::string> callers_of(std::string_view tenant) const;

 private:
  const Caller anonymous_;
  // By the SHA-256 of the key: the look-up's time says nothing about the key itself.
  std::unordered_map<std::string, Caller> callers_;
};

}  // namespace temper::gateway
