#include <arpa/inet.h>

#include <charconv>

#include "temper/profile/profile.h"

namespace temper::profile {
namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || rest != end) return std::nullopt;
  return port;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  // sockaddr_un has 108 bytes for the path and its terminator.
  constexpr std::size_t kMaxUnixPath = 107;
  constexpr std::string_view kUnix = "unix:";
  const auto refuse = [&](std::string_view reason) {
    return fail(ErrorCode::kInvalidArgument,
                "expected HOST:PORT (an IP address or localhost) or unix:/path, found \"{}\": {}",
                text.substr(0, 128), reason);
  };
  ListenAddress address;
  if (text.starts_with(kUnix)) {
    address.unix_path = text.substr(kUnix.size());
    if (!address.unix_path.starts_with('/')) return refuse("the socket's path is not absolute");
    if (address.unix_path.size() > kMaxUnixPath) return refuse("the path is over 107 bytes");
    if (address.unix_path.find('\0') != std::string::npos) return refuse("the path has a NUL byte");
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("the port is missing");
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return refuse("the port is no number in 0..65535");
  address.port = *port;
  std::string host(text.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) return refuse("no IPv6 address between the brackets");
  } else if (host == "localhost") {
    host = "127.0.0.1";
  } else if (!is_ipv4(host)) {
    return refuse(host.find(':') != std::string::npos ? "an IPv6 address goes in brackets"
                                                      : "the host is no IP address");
  }
  address.host = std::move(host);
  return address;
}

bool is_loopback(const ListenAddress& address) {
  if (!address.unix_path.empty()) return true;
  in_addr v4{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace temper::profile
