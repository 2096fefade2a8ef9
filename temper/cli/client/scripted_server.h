// A server for this folder's tests: it answers each request with what the script says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "temper/cli/client/endpoint.h"

namespace temper::client {

/// Listens on a free loopback port; one thread per connection. The script gets a request (head and
/// body) and gives the bytes to send; an empty answer closes the connection.
class ScriptedServer {
 public:
  using Script = std::function<std::string(const std::string& request)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener_, 64);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_loop(stop); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    acceptor_.request_stop();
    acceptor_.join();
    connections_.clear();
    close(listener_);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] Endpoint endpoint() const { return *Endpoint::parse(url()); }
  /// Every request so far, in the order they were read.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

  static std::string answer(std::string_view body, std::string_view status = "200 OK",
                            std::string_view headers = "") {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  static bool readable(int fd) {
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&wait, 1, 5) > 0;
  }

  void accept_loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_)) continue;
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        connections_.emplace_back([this, fd](const std::stop_token& end) { serve(fd, end); });
      }
    }
  }

  void serve(int fd, const std::stop_token& stop) {
    std::string buffer;
    while (!stop.stop_requested()) {
      if (!readable(fd)) continue;
      std::array<char, 4096> piece;
      const ssize_t got = recv(fd, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      buffer.append(piece.data(), static_cast<std::size_t>(got));
      bool open = true;
      while (open) {
        const std::size_t size = request_size(buffer);
        if (size == 0 || buffer.size() < size) break;
        const std::string request = buffer.substr(0, size);
        buffer.erase(0, size);
        {
          const std::scoped_lock lock(mutex_);
          requests_.push_back(request);
        }
        const std::string bytes = script_(request);
        open = !bytes.empty() && send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                                     static_cast<ssize_t>(bytes.size());
      }
      if (!open) break;
    }
    close(fd);
  }

  /// Head and body together; 0 while the head is not whole.
  static std::size_t request_size(const std::string& buffer) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = buffer.find(kLength);
    const std::size_t body =
        at == std::string::npos || at > head ? 0 : std::stoul(buffer.substr(at + kLength.size()));
    return head + 4 + body;
  }

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  // guarded by mutex_
  std::vector<std::string> requests_;
  mutable std::mutex mutex_;
  // Touched by the acceptor alone, and by the destructor once it has ended.
  std::list<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace temper::client
