// The most a load generator can draw over HTTP on this machine: a server that reads each request
// whole and sends the same bytes back, with no parsing beyond the body's length.
//
//   fixed_answer --threads N --bytes BODY_BYTES     prints {"http":"127.0.0.1:PORT"}, runs until
//   SIGTERM

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

/// A listener on `port` (0 = any), shared by the threads: the kernel spreads connections over them.
int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 1024) != 0) {
    std::perror("fixed_answer: listen");
    std::exit(3);
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// Size of the request at the front of `buffer`; 0 while its head is not whole.
std::size_t request_size(std::string_view buffer) {
  const std::size_t head = buffer.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t body = 0;
  const char* at = strcasestr(buffer.data(), "content-length:");
  if (at != nullptr && at < buffer.data() + head) {
    at += std::strlen("content-length:");
    while (*at == ' ') ++at;
    std::from_chars(at, buffer.data() + head, body);
  }
  return head + 4 + body;
}

void serve(int listener, const std::string& answer) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [epoll](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::unordered_map<int, std::string> buffers;
  std::array<epoll_event, 128> events;
  std::array<char, 64 << 10> piece;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int k = 0; k < count; ++k) {
      const int fd = events[static_cast<std::size_t>(k)].data.fd;
      if (fd == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) continue;
        const int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(accepted);
        continue;
      }
      const ssize_t got = recv(fd, piece.data(), piece.size(), 0);
      if (got <= 0) {
        buffers.erase(fd);
        close(fd);
        continue;
      }
      std::string& buffer = buffers[fd];
      buffer.append(piece.data(), static_cast<std::size_t>(got));
      for (std::size_t size = request_size(buffer); size != 0 && buffer.size() >= size;
           size = request_size(buffer)) {
        buffer.erase(0, size);
        if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 1;
  std::size_t body_bytes = 300;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string_view flag = argv[k];
    if (flag == "--threads") threads = std::atoi(argv[k + 1]);
    if (flag == "--bytes") body_bytes = static_cast<std::size_t>(std::atoll(argv[k + 1]));
  }
  std::signal(SIGPIPE, SIG_IGN);
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, ' ');
  const int first = listen_on(0);
  const std::uint16_t port = port_of(first);
  std::vector<std::jthread> workers;
  for (int k = 1; k < threads; ++k) {
    workers.emplace_back([fd = listen_on(port), &answer] { serve(fd, answer); });
  }
  std::printf("{\"http\":\"127.0.0.1:%u\"}\n", port);
  std::fflush(stdout);
  serve(first, answer);
}
