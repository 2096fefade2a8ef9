#include "temper/cli/client/load_generator.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "temper/cli/client/arrivals.h"
#include "temper/cli/client/http_client.h"
#include "temper/cli/client/http_response.h"

namespace temper::client {
namespace {

// How often timeouts are looked for and refused connections tried again: neither needs a finer
// grain, and a dead server is not hammered.
constexpr Duration kSweepEvery = std::chrono::milliseconds(20);

/// One connection and the request under way on it.
struct Connection {
  std::optional<TcpSocket> socket;
  bool connecting = false;
  HttpResponseReader reader{HttpResponseReader::Keep::kStatusOnly};
  /// Empty when idle.
  std::string_view unsent;
  bool busy = false;
  bool waits_for_room = false;
  /// When the request was due (open) or sent (closed): latency counts from here.
  TimePoint since{};
  TimePoint sent{};
};

class EpollSet {
 public:
  static Result<EpollSet> create() {
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) return fail(ErrorCode::kInternal, "epoll_create1 failed, errno {}", errno);
    return EpollSet(fd);
  }
  EpollSet(EpollSet&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  EpollSet& operator=(EpollSet&&) = delete;
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;
  ~EpollSet() {
    if (fd_ >= 0) close(fd_);
  }

  void watch(int operation, int descriptor, std::uint32_t events, std::size_t index) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    epoll_ctl(fd_, operation, descriptor, &event);
  }
  /// Waits with nanosecond grain: open-loop sends must leave on time.
  std::size_t wait(std::span<epoll_event> events, Duration patience) const {
    const Duration bounded = std::max(patience, Duration::zero());
    const timespec limit{.tv_sec = bounded.count() / 1'000'000'000,
                         .tv_nsec = bounded.count() % 1'000'000'000};
    const int count =
        epoll_pwait2(fd_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

 private:
  explicit EpollSet(int fd) : fd_(fd) {}
  int fd_ = -1;
};

class Generator {
 public:
  Generator(const LoadConfig& config, const Clock& clock, EpollSet epoll)
      : config_(config),
        clock_(clock),
        epoll_(std::move(epoll)),
        start_(clock.now()),
        measured_from_(start_ + config.warmup),
        end_(measured_from_ + config.duration),
        connections_(static_cast<std::size_t>(config.connections)) {
    if (config.mode == LoadMode::kOpen) {
      arrivals_.emplace(config.rate_per_s, start_, end_, config.seed);
    }
  }

  Result<LoadReport> run() {
    for (std::size_t k = 0; k < connections_.size(); ++k) connect(k, start_);
    std::array<epoll_event, 256> events;
    TimePoint next_sweep = start_ + kSweepEvery;
    for (TimePoint now = start_; !finished(now); now = clock_.now()) {
      if (arrivals_) send_due(now);
      const std::size_t count = epoll_.wait(events, wake_at(now, next_sweep) - now);
      for (std::size_t k = 0; k < count; ++k) {
        handle(static_cast<std::size_t>(events[k].data.u64), events[k].events);
      }
      now = clock_.now();
      if (now >= next_sweep) {
        sweep(now);
        next_sweep = now + kSweepEvery;
      }
    }
    if (total_answers_ == 0 && connect_failures_ > 0) {
      return fail(ErrorCode::kUnavailable, "no server answers at http://{}",
                  config_.endpoint.authority());
    }
    for (const Connection& each : connections_) {
      if (each.busy) count_error(each, "timeout");
    }
    report_.seconds = std::chrono::duration<double>(config_.duration).count();
    if (arrivals_) {
      report_.most_waiting = arrivals_->most_waiting();
      const std::uint64_t not_sent = arrivals_->refused() + arrivals_->waiting();
      if (not_sent > 0) report_.errors["not sent"] += not_sent;
    }
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool finished(TimePoint now) const {
    if (now < end_) return false;
    if (now >= end_ + config_.timeout) return true;
    return busy_ == 0 &&
           (!arrivals_ || (arrivals_->waiting() == 0 && arrivals_->next_due() == kNever));
  }

  [[nodiscard]] TimePoint wake_at(TimePoint now, TimePoint next_sweep) const {
    TimePoint wake = next_sweep;
    if (arrivals_) wake = std::min(wake, arrivals_->next_due());
    return now < end_ ? std::min(wake, end_) : wake;
  }

  void connect(std::size_t index, TimePoint now) {
    Connection& connection = connections_[index];
    connection.reader.next();
    auto socket = TcpSocket::connect(config_.endpoint, TcpSocket::Kind::kNonBlocking);
    if (!socket) {
      fail_connect(connection, now);
      return;
    }
    connection.socket.emplace(std::move(*socket));
    connection.connecting = true;
    epoll_.watch(EPOLL_CTL_ADD, connection.socket->fd(), EPOLLIN | EPOLLOUT, index);
  }

  void fail_connect(Connection& connection, TimePoint now) {
    ++connect_failures_;
    if (now >= measured_from_ && now < end_) ++report_.errors["connect"];
    connection.socket.reset();
    connection.connecting = false;
  }

  void handle(std::size_t index, std::uint32_t events) {
    Connection& connection = connections_[index];
    if (!connection.socket) return;
    if (connection.connecting) {
      finish_connect(index, events);
      return;
    }
    if ((events & EPOLLOUT) != 0 && connection.waits_for_room) flush(index);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && connection.socket) receive(index);
  }

  void finish_connect(std::size_t index, std::uint32_t events) {
    Connection& connection = connections_[index];
    const TimePoint now = clock_.now();
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.socket->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) {
      fail_connect(connection, now);
      return;
    }
    connection.connecting = false;
    epoll_.watch(EPOLL_CTL_MOD, connection.socket->fd(), EPOLLIN, index);
    become_idle(index, now);
  }

  /// The connection can carry the next request: closed mode has one at once, open mode when due.
  void become_idle(std::size_t index, TimePoint now) {
    connections_[index].reader.next();
    if (!arrivals_) {
      if (now < end_) send(index, now, now);
      return;
    }
    arrivals_->advance(now);
    if (const auto due = arrivals_->take()) {
      send(index, *due, now);
    } else {
      idle_.push_back(index);
    }
  }

  void send_due(TimePoint now) {
    arrivals_->advance(now);
    while (!idle_.empty() && arrivals_->waiting() > 0) {
      const std::size_t index = idle_.back();
      idle_.pop_back();
      send(index, *arrivals_->take(), now);
    }
  }

  void send(std::size_t index, TimePoint since, TimePoint now) {
    Connection& connection = connections_[index];
    connection.unsent = config_.requests[next_request_];
    next_request_ = next_request_ + 1 == config_.requests.size() ? 0 : next_request_ + 1;
    connection.busy = true;
    connection.since = since;
    connection.sent = now;
    ++busy_;
    flush(index);
  }

  void flush(std::size_t index) {
    Connection& connection = connections_[index];
    while (!connection.unsent.empty()) {
      const ssize_t sent = ::send(connection.socket->fd(), connection.unsent.data(),
                                  connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (sent < 0) {
        lose(index, "connection closed");
        return;
      }
      connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
    const bool waits = !connection.unsent.empty();
    if (waits != connection.waits_for_room) {
      connection.waits_for_room = waits;
      epoll_.watch(EPOLL_CTL_MOD, connection.socket->fd(),
                   waits ? EPOLLIN | EPOLLOUT : std::uint32_t{EPOLLIN}, index);
    }
  }

  void receive(std::size_t index) {
    Connection& connection = connections_[index];
    const ssize_t got = recv(connection.socket->fd(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (got <= 0) {
      const bool whole = got == 0 && connection.busy && !connection.reader.untouched() &&
                         connection.reader.end_of_stream().has_value();
      if (whole) {
        answer(index);
      } else {
        lose(index, "connection closed");
      }
      return;
    }
    const auto used =
        connection.reader.feed(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
    if (!used || !connection.busy) {
      lose(index, "not HTTP");
      return;
    }
    if (connection.reader.complete()) answer(index);
  }

  void answer(std::size_t index) {
    Connection& connection = connections_[index];
    const TimePoint now = clock_.now();
    const int status = connection.reader.response().status;
    ++total_answers_;
    if (status / 100 != 2) {
      count_error(connection, fmt::format("status {}", status));
    } else if (is_measured(connection, now)) {
      ++report_.answered;
      report_.latency.record(now - connection.since);
    }
    connection.busy = false;
    --busy_;
    if (connection.reader.keep_alive() && connection.unsent.empty()) {
      become_idle(index, now);
    } else {
      reopen(index, now);
    }
  }

  [[nodiscard]] bool is_measured(const Connection& connection, TimePoint now) const {
    if (arrivals_) return connection.since >= measured_from_;
    return now >= measured_from_ && now < end_;
  }

  void count_error(const Connection& connection, const std::string& kind) {
    if (connection.since >= measured_from_) ++report_.errors[kind];
  }

  /// The connection broke: with a request under way that is an error, else the server only tidied.
  void lose(std::size_t index, const char* kind) {
    Connection& connection = connections_[index];
    const TimePoint now = clock_.now();
    if (connection.busy) {
      count_error(connection, kind);
      connection.busy = false;
      --busy_;
    } else {
      std::erase(idle_, index);
    }
    reopen(index, now);
  }

  void reopen(std::size_t index, TimePoint now) {
    connections_[index].socket.reset();
    connections_[index].waits_for_room = false;
    connections_[index].unsent = {};
    connect(index, now);
  }

  void sweep(TimePoint now) {
    for (std::size_t k = 0; k < connections_.size(); ++k) {
      Connection& connection = connections_[k];
      if (connection.busy && now - connection.sent > config_.timeout) {
        lose(k, "timeout");
      } else if (!connection.socket && now < end_) {
        connect(k, now);
      }
    }
  }

  const LoadConfig& config_;
  const Clock& clock_;
  const EpollSet epoll_;
  const TimePoint start_;
  const TimePoint measured_from_;
  const TimePoint end_;

  std::vector<Connection> connections_;
  std::optional<PoissonArrivals> arrivals_;
  std::vector<std::size_t> idle_;
  std::size_t next_request_ = 0;
  std::size_t busy_ = 0;
  std::uint64_t connect_failures_ = 0;
  std::uint64_t total_answers_ = 0;
  LoadReport report_;
  std::array<char, 64 << 10> buffer_;
};

}  // namespace

Status LoadConfig::validate() const {
  if (requests.empty()) return fail(ErrorCode::kInvalidArgument, "no request to send");
  if (connections < 1 || connections > 10'000) {
    return fail(ErrorCode::kInvalidArgument, "connections must lie in 1..10000, got {}",
                connections);
  }
  if (mode == LoadMode::kOpen && !(rate_per_s > 0 && rate_per_s <= 1e6)) {
    return fail(ErrorCode::kInvalidArgument,
                "an open loop needs a rate above 0 and up to 1000000 requests/s, got {}",
                rate_per_s);
  }
  if (duration <= Duration::zero() || warmup < Duration::zero() || timeout <= Duration::zero()) {
    return fail(ErrorCode::kInvalidArgument,
                "duration and timeout must be positive, warm-up not negative");
  }
  return {};
}

std::uint64_t LoadReport::error_count() const {
  std::uint64_t total = 0;
  for (const auto& [kind, count] : errors) total += count;
  return total;
}

Result<LoadReport> generate_load(const LoadConfig& config, const Clock& clock) {
  TEMPER_TRY_STATUS(config.validate());
  // The kernel may round a wait up by 50 us by default; sends that fall due must not be that late.
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  TEMPER_TRY(EpollSet epoll, EpollSet::create());
  // On the heap: the read buffer alone is 64 KiB.
  const auto generator = std::make_unique<Generator>(config, clock, std::move(epoll));
  return generator->run();
}

}  // namespace temper::client
