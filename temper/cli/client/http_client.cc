#include "temper/cli/client/http_client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace temper::client {
namespace {

Error unreachable(const Endpoint& endpoint, int error) {
  return Error{.code = ErrorCode::kUnavailable,
               .message = fmt::format("no server answers at http://{}: {}", endpoint.authority(),
                                      std::strerror(error)),
               .retry_after_ms = 0};
}

void set_timeouts(int fd, Duration timeout) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  const timeval value{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

}  // namespace

std::string encode_request(const HttpRequest& request, std::string_view authority) {
  std::string bytes =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, authority);
  for (const auto& [name, value] : request.headers) {
    bytes += fmt::format("{}: {}\r\n", name, value);
  }
  if (!request.body.empty() || request.method == "POST") {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  bytes += "\r\n";
  bytes += request.body;
  return bytes;
}

Result<TcpSocket> TcpSocket::connect(const Endpoint& endpoint, Kind kind) {
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | (kind == Kind::kNonBlocking ? SOCK_NONBLOCK : 0);
  const int fd = socket(endpoint.family(), flags, 0);
  if (fd < 0) return std::unexpected(unreachable(endpoint, errno));
  TcpSocket owner(fd);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, endpoint.address(), endpoint.address_size()) != 0 && errno != EINPROGRESS) {
    return std::unexpected(unreachable(endpoint, errno));
  }
  return owner;
}

TcpSocket::~TcpSocket() {
  if (fd_ >= 0) close(fd_);
}

Error HttpClient::socket_error(std::string_view doing) const {
  const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
  return Error{.code = late ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable,
               .message = late ? fmt::format("http://{} did not answer within {} ms",
                                             endpoint_.authority(), timeout_.count() / 1'000'000)
                               : fmt::format("http://{}: {} failed: {}", endpoint_.authority(),
                                             doing, std::strerror(errno)),
               .retry_after_ms = 0};
}

Status HttpClient::open() {
  TEMPER_TRY(TcpSocket socket, TcpSocket::connect(endpoint_, TcpSocket::Kind::kBlocking));
  set_timeouts(socket.fd(), timeout_);
  socket_.clear();
  socket_.push_back(std::move(socket));
  reader_.next();
  return {};
}

Status HttpClient::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.front().fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(socket_error("sending"));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<bool> HttpClient::read_response() {
  std::array<char, 64 << 10> buffer;
  while (!reader_.complete()) {
    const ssize_t got = recv(socket_.front().fd(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ECONNRESET && reader_.untouched()) return false;
    if (got < 0) return std::unexpected(socket_error("receiving"));
    if (got == 0) {
      if (reader_.untouched()) return false;
      TEMPER_TRY_STATUS(reader_.end_of_stream());
      break;
    }
    // Bytes behind a complete answer would be an answer nobody asked for: they end the connection.
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    TEMPER_TRY(const std::size_t used, reader_.feed(bytes));
    if (used < bytes.size()) {
      return fail(ErrorCode::kInternal, "http://{} sent bytes behind its answer",
                  endpoint_.authority());
    }
  }
  return true;
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  const std::string bytes = encode_request(request, endpoint_.authority());
  const bool kept = !socket_.empty();
  for (int attempt = 0; attempt < (kept ? 2 : 1); ++attempt) {
    if (socket_.empty()) TEMPER_TRY_STATUS(open());
    const Status sent = write_all(bytes);
    // A server may refuse early (413) and close: its answer is then still there to be read.
    const Result<bool> answered = read_response();
    if (answered && *answered) {
      const bool keep = reader_.keep_alive() && sent.has_value();
      HttpResponse response = reader_.take();
      if (!keep) socket_.clear();
      return response;
    }
    socket_.clear();
    if (!answered) return std::unexpected(answered.error());
  }
  return fail(ErrorCode::kUnavailable, "http://{} closed the connection without an answer",
              endpoint_.authority());
}

}  // namespace temper::client
