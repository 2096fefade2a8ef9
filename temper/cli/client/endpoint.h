// Where a server listens: http://HOST:PORT, resolved once.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper::client {

/// A server's address as typed and as resolved. Copies are cheap; valid once built.
class Endpoint {
 public:
  /// "http://127.0.0.1:8080", with or without a trailing slash; the port defaults to 80.
  /// Errors: kInvalidArgument for another scheme, a path, a bad port; kUnavailable when the name
  /// does not resolve.
  static Result<Endpoint> parse(std::string_view url);

  /// "127.0.0.1:8080", for the Host header and for messages.
  [[nodiscard]] const std::string& authority() const { return authority_; }
  [[nodiscard]] const sockaddr* address() const {
    return reinterpret_cast<const sockaddr*>(&address_);
  }
  [[nodiscard]] socklen_t address_size() const { return address_size_; }
  [[nodiscard]] int family() const { return address_.ss_family; }
  /// Decided on the resolved address (127.0.0.0/8, ::1), never on the name.
  [[nodiscard]] bool is_loopback() const;

 private:
  Endpoint() = default;
  std::string authority_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
};

}  // namespace temper::client
