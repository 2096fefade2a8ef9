#include "temper/gateway/http/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "temper/core/check.h"
#include "temper/core/log.h"
#include "temper/gateway/http/connection.h"
#include "temper/gateway/service/context.h"

namespace temper::gateway::http {
namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using UnixSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

constexpr auto kSweepInterval = std::chrono::milliseconds(250);

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

Result<std::optional<asio::ssl::context>> make_tls(const profile::Tls& tls) {
  if (!tls.enabled()) return std::optional<asio::ssl::context>{};
  std::optional<asio::ssl::context> context(asio::ssl::context::tls_server);
  const auto refused = [](std::string_view what, const std::string& file,
                          const boost::system::error_code& why) {
    return fail(ErrorCode::kInvalidArgument, "TLS {} '{}': {}", what, file, why.message());
  };
  boost::system::error_code error;
  const auto options = asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1;
  if (context->set_options(options, error)) return refused("options", "", error);
  if (context->use_certificate_chain_file(tls.certificate, error)) {
    return refused("certificate", tls.certificate, error);
  }
  if (context->use_private_key_file(tls.key, asio::ssl::context::pem, error)) {
    return refused("key", tls.key, error);
  }
  if (!tls.client_ca.empty()) {
    const auto mode = asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert;
    if (context->load_verify_file(tls.client_ca, error) || context->set_verify_mode(mode, error)) {
      return refused("client_ca", tls.client_ca, error);
    }
  }
  return context;
}

}  // namespace

std::string response_head(const HttpResponse& response, bool keep_alive) {
  std::string head;
  head.reserve(192);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nContent-Length: {}\r\n",
                 response.status, reason_phrase(response.status), response.body.size());
  if (!response.body.empty()) {
    head += "Content-Type: ";
    head += response.content_type;
    head += "\r\n";
  }
  head += response.headers;
  if (!keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  return head;
}

void take_custom_field(std::string_view name, std::string_view value, HttpRequest& request) {
  if (equals_ignoring_case(name, "inference-header-content-length")) {
    request.json_length = value;
  } else if (equals_ignoring_case(name, "temper-api-key")) {
    request.api_key = value;
  } else {
    for (const std::string_view known :
         {kUnitIdHeader, kEventTimeHeader, kTimeoutHeader, kPriorityHeader}) {
      if (equals_ignoring_case(name, known)) request.context.emplace_back(known, value);
    }
  }
}

namespace {

/// Accepts connections of one address and hands them to the I/O threads in turn.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void start() = 0;
  /// Takes what the kernel has already accepted for us, then closes.
  virtual void stop() = 0;
  [[nodiscard]] virtual std::string address() const = 0;
};

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(Service& service) : service_(service), router_(service) {}
  ~Impl() { stop(); }

  Status start();
  void drain(Duration patience);
  void stop();

  [[nodiscard]] std::string address(Surface surface) const {
    for (const auto& [where, listener] : listeners_) {
      if (where == surface) return listener->address();
    }
    return {};
  }

  /// On the accepting thread.
  template <typename Socket>
  void adopt(Socket socket, Surface surface);
  IoThread& next_thread() { return *threads_[next_++ % threads_.size()]->io; }

 private:
  struct Thread {
    std::unique_ptr<IoThread> io = std::make_unique<IoThread>();
    asio::steady_timer sweep{io->context()};
    /// Touched on this thread only.
    std::list<std::weak_ptr<AnyConnection>> connections;
    std::jthread thread;
  };

  Status listen(const std::string& address, Surface surface);
  void schedule_sweep(Thread& thread);
  template <typename Stream>
  void serve(Thread& thread, Stream stream, Surface surface);
  [[nodiscard]] ConnectionLimits limits() const;

  Service& service_;
  const Router router_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::pair<Surface, std::unique_ptr<Listener>>> listeners_;
  std::size_t next_ = 0;
  // Atomic: connections end on their own threads, the accepting thread counts them.
  std::atomic<std::int64_t> open_{0};
  // Atomic: set on the accepting thread, read by the one that drains.
  std::atomic<bool> listeners_closed_{false};
};

namespace {

/// `Protocol` is asio::ip::tcp or asio::local::stream_protocol.
template <typename Protocol, typename Server>
class ProtocolListener final : public Listener {
  using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;
  using Socket = asio::basic_stream_socket<Protocol, Executor>;

 public:
  ProtocolListener(Server& server, Acceptor acceptor, Surface surface, std::string unix_path)
      : server_(server),
        acceptor_(std::move(acceptor)),
        surface_(surface),
        unix_path_(std::move(unix_path)) {}

  void start() override { accept(); }

  void stop() override {
    boost::system::error_code error;
    acceptor_.cancel(error);
    acceptor_.non_blocking(true, error);
    for (;;) {
      Socket socket(server_.next_thread().context());
      acceptor_.accept(socket, error);
      if (error) break;
      server_.adopt(std::move(socket), surface_);
    }
    acceptor_.close(error);
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  }

  [[nodiscard]] std::string address() const override {
    if (!unix_path_.empty()) return "unix:" + unix_path_;
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      boost::system::error_code error;
      const auto endpoint = acceptor_.local_endpoint(error);
      const std::string host = endpoint.address().to_string();
      return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port())
                                        : fmt::format("{}:{}", host, endpoint.port());
    }
    return {};
  }

 private:
  void accept() {
    pending_.emplace(server_.next_thread().context());
    acceptor_.async_accept(*pending_, [this](boost::system::error_code error) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (!error) {
        server_.adopt(std::move(*pending_), surface_);
      } else {
        // Out of descriptors, most likely: the connection waits in the kernel's queue meanwhile.
        log::warning("connection not accepted", {{"error", error.message()}});
      }
      accept();
    });
  }

  Server& server_;
  Acceptor acceptor_;
  const Surface surface_;
  const std::string unix_path_;
  std::optional<Socket> pending_;
};

}  // namespace

ConnectionLimits HttpServer::Impl::limits() const {
  const profile::Server& server = service_.profile().server;
  return {.max_header_bytes = server.max_header_bytes,
          .max_body_bytes = server.max_body_bytes,
          .idle_timeout = server.idle_timeout,
          .read_timeout = server.request_read_timeout};
}

template <typename Stream>
void HttpServer::Impl::serve(Thread& thread, Stream stream, Surface surface) {
  auto connection = std::make_shared<Connection<Stream>>(std::move(stream), *thread.io, router_,
                                                         service_, surface, limits(), open_);
  // Onto its own thread: everything else about the connection happens there.
  asio::post(thread.io->context(), [&thread, connection] {
    thread.connections.push_back(connection);
    connection->start();
  });
}

template <typename Socket>
void HttpServer::Impl::adopt(Socket socket, Surface surface) {
  const auto owner = std::ranges::find_if(threads_, [&](const std::unique_ptr<Thread>& thread) {
    return &thread->io->context() == &socket.get_executor().context();
  });
  TEMPER_CHECK(owner != threads_.end());
  if (open_.load(std::memory_order_relaxed) >= service_.profile().server.max_connections) {
    log::warning("connection refused: too many are open",
                 {{"limit", service_.profile().server.max_connections}});
    return;
  }
  boost::system::error_code error;
  socket.non_blocking(true, error);
  if constexpr (std::is_same_v<Socket, TcpSocket>) {
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    if (tls_ && surface == Surface::kPublic) {
      return serve(**owner, asio::ssl::stream<TcpSocket>(std::move(socket), *tls_), surface);
    }
  }
  serve(**owner, std::move(socket), surface);
}

Status HttpServer::Impl::listen(const std::string& address, Surface surface) {
  if (address.empty()) return {};
  TEMPER_TRY(const profile::ListenAddress where, profile::parse_listen_address(address));
  asio::io_context& context = threads_.front()->io->context();
  boost::system::error_code error;
  const auto bind = [&](auto acceptor, const auto& endpoint) -> Status {
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kUnavailable, "cannot listen on '{}': {}", address, error.message());
    }
    using Protocol = typename std::decay_t<decltype(endpoint)>::protocol_type;
    listeners_.emplace_back(surface, std::make_unique<ProtocolListener<Protocol, Impl>>(
                                         *this, std::move(acceptor), surface, where.unix_path));
    return {};
  };
  if (!where.unix_path.empty()) {
    // A socket file left by a killed server would refuse us the address; any other file is not
    // ours.
    struct stat info{};
    if (::lstat(where.unix_path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
      ::unlink(where.unix_path.c_str());
    }
    return bind(asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>(context),
                asio::local::stream_protocol::endpoint(where.unix_path));
  }
  const std::string host = where.host == "localhost" ? "127.0.0.1" : where.host;
  const asio::ip::address ip = asio::ip::make_address(host, error);
  if (error) {
    return fail(ErrorCode::kInvalidArgument, "cannot listen on '{}': '{}' is no IP address",
                address, where.host);
  }
  return bind(asio::basic_socket_acceptor<asio::ip::tcp, Executor>(context),
              asio::ip::tcp::endpoint(ip, where.port));
}

Status HttpServer::Impl::start() {
  const profile::Server& server = service_.profile().server;
  TEMPER_TRY(tls_, make_tls(server.tls));
  const auto count = server.io_threads > 0 ? static_cast<std::size_t>(server.io_threads)
                                           : std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) threads_.push_back(std::make_unique<Thread>());
  TEMPER_TRY_STATUS(listen(server.http, Surface::kPublic));
  TEMPER_TRY_STATUS(listen(server.admin, Surface::kAdmin));
  for (const auto& [surface, listener] : listeners_) listener->start();
  for (const std::unique_ptr<Thread>& thread : threads_) {
    schedule_sweep(*thread);
    thread->thread = std::jthread([context = &thread->io->context()] { context->run(); });
  }
  return {};
}

void HttpServer::Impl::schedule_sweep(Thread& thread) {
  thread.sweep.expires_after(kSweepInterval);
  thread.sweep.async_wait([this, &thread](boost::system::error_code error) {
    if (error) return;
    const TimePoint now = service_.clock().now();
    const bool draining = service_.admission().draining();
    std::erase_if(thread.connections, [&](const std::weak_ptr<AnyConnection>& weak) {
      const std::shared_ptr<AnyConnection> connection = weak.lock();
      if (connection) connection->check_time(now, draining);
      return !connection;
    });
    schedule_sweep(thread);
  });
}

void HttpServer::Impl::drain(Duration patience) {
  if (threads_.empty()) return;
  asio::post(threads_.front()->io->context(), [this] {
    for (const auto& [surface, listener] : listeners_) listener->stop();
    listeners_closed_.store(true, std::memory_order_release);
  });
  const TimePoint until = service_.clock().now() + patience;
  while (service_.clock().now() < until) {
    if (listeners_closed_.load(std::memory_order_acquire) && open_.load() == 0) break;
    sleep_for(std::chrono::milliseconds(10));
  }
  if (const std::int64_t left = open_.load(); left > 0) {
    log::warning("connections cut at the end of the drain", {{"connections", left}});
  }
  stop();
}

void HttpServer::Impl::stop() {
  for (const std::unique_ptr<Thread>& thread : threads_) thread->io->context().stop();
  for (const std::unique_ptr<Thread>& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Service& service) {
  auto impl = std::make_unique<Impl>(service);
  TEMPER_TRY_STATUS(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

std::string HttpServer::http_address() const { return impl_->address(Surface::kPublic); }
std::string HttpServer::admin_address() const { return impl_->address(Surface::kAdmin); }
void HttpServer::drain(Duration patience) { impl_->drain(patience); }

}  // namespace temper::gateway::http
