#include "temper/cli/client/endpoint.h"

#include <netdb.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>
#include <memory>

namespace temper::client {
namespace {

struct HostAndPort {
  std::string host;
  std::uint16_t port = 80;
};

Result<std::uint16_t> parse_port(std::string_view text, std::string_view url) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return fail(ErrorCode::kInvalidArgument, "port '{}' of '{}' is not a number in 1..65535", text,
                url);
  }
  return port;
}

Result<HostAndPort> split(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) {
    return fail(ErrorCode::kInvalidArgument, "url '{}' must have the form http://HOST:PORT", url);
  }
  std::string_view rest = url.substr(kScheme.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "url '{}' must be http://HOST:PORT alone, without a path or a user", url);
  }
  HostAndPort parts;
  std::size_t port_at = std::string_view::npos;
  if (rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument, "url '{}' opens '[' without ']'", url);
    }
    parts.host = rest.substr(1, close - 1);
    if (close + 1 < rest.size()) port_at = close + 1;
  } else {
    port_at = rest.find(':');
    parts.host = rest.substr(0, port_at);
  }
  if (port_at != std::string_view::npos) {
    if (rest[port_at] != ':') {
      return fail(ErrorCode::kInvalidArgument, "url '{}' must have the form http://HOST:PORT", url);
    }
    TEMPER_TRY(parts.port, parse_port(rest.substr(port_at + 1), url));
  }
  return parts;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  TEMPER_TRY(const HostAndPort parts, split(url));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status =
      getaddrinfo(parts.host.c_str(), std::to_string(parts.port).c_str(), &hints, &found);
  if (status != 0) {
    return fail(ErrorCode::kUnavailable, "host '{}' does not resolve: {}", parts.host,
                gai_strerror(status));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  Endpoint endpoint;
  const bool ipv6_literal = parts.host.find(':') != std::string::npos;
  endpoint.authority_ = ipv6_literal ? fmt::format("[{}]:{}", parts.host, parts.port)
                                     : fmt::format("{}:{}", parts.host, parts.port);
  std::memcpy(&endpoint.address_, found->ai_addr, found->ai_addrlen);
  endpoint.address_size_ = found->ai_addrlen;
  return endpoint;
}

bool Endpoint::is_loopback() const {
  if (address_.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address_, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address_.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address_, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
  }
  return false;
}

}  // namespace temper::client
