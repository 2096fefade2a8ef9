// One keep-alive connection to a server; requests one after the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temper/cli/client/endpoint.h"
#include "temper/cli/client/http_response.h"
#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::client {

struct HttpRequest {
  std::string_view method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

/// The request's bytes as they go on the wire, Host and Content-Length included.
[[nodiscard]] std::string encode_request(const HttpRequest& request, std::string_view authority);

/// Owns a connected, blocking TCP socket with Nagle's delay off.
class TcpSocket {
 public:
  enum class Kind { kBlocking, kNonBlocking };
  /// Errors: kUnavailable, "no server answers at http://HOST:PORT: Connection refused". A
  /// non-blocking socket may still be connecting.
  static Result<TcpSocket> connect(const Endpoint& endpoint, Kind kind);
  TcpSocket(TcpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  TcpSocket& operator=(TcpSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;
  ~TcpSocket();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  explicit TcpSocket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// Not thread-safe: one per thread.
class HttpClient {
 public:
  /// `timeout` bounds each wait for the socket, not the whole exchange.
  HttpClient(Endpoint endpoint, Duration timeout)
      : endpoint_(std::move(endpoint)), timeout_(timeout) {}

  /// Sends and reads the whole answer, whatever its status. A kept connection that the server
  /// closed meanwhile is opened again, once. Errors: kUnavailable (no server, connection lost),
  /// kDeadlineExceeded, kInternal (not HTTP).
  [[nodiscard]] Result<HttpResponse> send(const HttpRequest& request);

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  Status open();
  Status write_all(std::string_view bytes);
  /// Empty where the server closed before the first byte of the answer.
  Result<bool> read_response();
  Error socket_error(std::string_view doing) const;

  Endpoint endpoint_;
  Duration timeout_;
  std::vector<TcpSocket> socket_;  // none or one
  HttpResponseReader reader_{HttpResponseReader::Keep::kEverything};
};

}  // namespace temper::client
