// One HTTP/1.1 connection: reads requests one after the other, answers them in order.
//
// Everything runs on the connection's I/O thread; an answer that comes from another thread is
// posted there. Time limits are kept by `check_time`, which the server calls about once a second
// for every connection: a timer of its own per read would cost more than the read.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "temper/gateway/http/exchange.h"
#include "temper/gateway/http/io_thread.h"
#include "temper/gateway/http/router.h"

namespace temper::gateway::http {

struct ConnectionLimits {
  std::size_t max_header_bytes = 0;
  std::size_t max_body_bytes = 0;
  Duration idle_timeout{0};
  Duration read_timeout{0};
  /// While draining, a connection without a request is closed after this.
  Duration drain_linger = std::chrono::milliseconds(500);
};

/// "HTTP/1.1 200 OK\r\n...\r\n\r\n" without the body.
[[nodiscard]] std::string response_head(const HttpResponse& response, bool keep_alive);

/// Takes a header field that HTTP itself does not know: the protocol's and our own.
void take_custom_field(std::string_view name, std::string_view value, HttpRequest& request);

/// Fills the parts of `request` that come from the header fields; views into `message`.
template <typename Message>
void take_fields(const Message& message, HttpRequest& request);

class AnyConnection {
 public:
  virtual ~AnyConnection() = default;
  virtual void start() = 0;
  /// Closes the connection when a limit has passed. On its I/O thread.
  virtual void check_time(TimePoint now, bool draining) = 0;
  virtual void close() = 0;
};

template <typename Stream>
class Connection final : public AnyConnection,
                         public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(Stream stream, IoThread& thread, const Router& router, Service& service,
             Surface surface, const ConnectionLimits& limits, std::atomic<std::int64_t>& open)
      : stream_(std::move(stream)),
        thread_(thread),
        router_(router),
        service_(service),
        surface_(surface),
        limits_(limits),
        buffer_(limits.max_header_bytes + kReadBytes),
        since_(service.clock().now()),
        open_(open) {
    open_.fetch_add(1, std::memory_order_relaxed);
  }
  ~Connection() override { open_.fetch_sub(1, std::memory_order_release); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override {
    if constexpr (kTls) {
      stream_.async_handshake(boost::asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](boost::system::error_code error) {
                                if (!error) self->read();
                              });
    } else {
      read();
    }
  }

  void check_time(TimePoint now, bool draining) override {
    if (state_ == State::kAnswering) return;
    Duration limit = state_ == State::kReading ? limits_.read_timeout : limits_.idle_timeout;
    if (draining && state_ == State::kIdle) limit = std::min(limit, limits_.drain_linger);
    if (now - since_ > limit) close();
  }

  void close() override {
    boost::system::error_code ignored;
    lowest().shutdown(boost::asio::socket_base::shutdown_both, ignored);
    lowest().close(ignored);
  }

 private:
  enum class State { kIdle, kReading, kAnswering, kWriting };
  static constexpr std::size_t kReadBytes = 64 << 10;
  static constexpr bool kTls = requires(Stream& stream) { stream.next_layer(); };

  auto& lowest() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void set_state(State state) {
    state_ = state;
    since_ = service_.clock().now();
  }

  void read() {
    stream_.async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](boost::system::error_code error, std::size_t size) {
          if (error) return;
          self->buffer_.commit(size);
          self->parse();
        });
  }

  void parse() {
    if (!parser_) {
      if (buffer_.size() == 0) return read();
      parser_.emplace();
      parser_->eager(true);
      parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
      parser_->body_limit(limits_.max_body_bytes);
      told_to_continue_ = false;
      set_state(State::kReading);
    }
    boost::system::error_code error;
    // The parser takes the header and then the body in separate steps.
    while (!parser_->is_done() && buffer_.size() > 0) {
      buffer_.consume(parser_->put(buffer_.data(), error));
      if (error) break;
    }
    if (error && error != boost::beast::http::error::need_more) return refuse(error);
    if (!parser_->is_done()) return continue_reading();
    handle();
  }

  void continue_reading() {
    if (!told_to_continue_ && parser_->is_header_done() &&
        boost::beast::iequals(parser_->get()[boost::beast::http::field::expect], "100-continue")) {
      told_to_continue_ = true;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      boost::asio::async_write(
          stream_, boost::asio::buffer(kContinue),
          [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
            if (!error) self->read();
          });
      return;
    }
    read();
  }

  void refuse(boost::system::error_code error) {
    HttpResponse response;
    if (error == boost::beast::http::error::body_limit) {
      response =
          error_response({.code = ErrorCode::kInvalidArgument,
                          .message = fmt::format("the body is larger than the limit of {} bytes",
                                                 limits_.max_body_bytes),
                          .retry_after_ms = 0});
      response.status = 413;
    } else if (error == boost::beast::http::error::header_limit) {
      response =
          error_response({.code = ErrorCode::kInvalidArgument,
                          .message = fmt::format("the header is larger than the limit of {} bytes",
                                                 limits_.max_header_bytes),
                          .retry_after_ms = 0});
      response.status = 431;
    } else {
      response = error_response({.code = ErrorCode::kInvalidArgument,
                                 .message = "not a valid HTTP/1.1 request: " + error.message(),
                                 .retry_after_ms = 0});
    }
    keep_alive_ = false;
    set_state(State::kAnswering);
    write(std::move(response));
  }

  void handle() {
    set_state(State::kAnswering);
    auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    HttpRequest request;
    request.surface = surface_;
    request.arrival = since_;
    take_fields(message, request);
    request.body = std::make_shared<std::string>(std::move(message.body()));
    router_.route(
        request, &thread_, [self = this->shared_from_this()](HttpResponse response) mutable {
          auto& context = self->thread_.context();
          boost::asio::dispatch(context,
                                [self = std::move(self), response = std::move(response)]() mutable {
                                  self->write(std::move(response));
                                });
        });
  }

  void write(HttpResponse response) {
    if (service_.admission().draining()) keep_alive_ = false;
    head_ = response_head(response, keep_alive_);
    body_ = std::move(response.body);
    std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head_),
                                                   boost::asio::buffer(body_)};
    if constexpr (!kTls) {
      // Nearly every answer fits the socket's buffer: then no completion need be scheduled.
      boost::system::error_code error;
      const std::size_t sent = stream_.write_some(parts, error);
      if (!error && sent == head_.size() + body_.size()) return written();
      if (error && error != boost::asio::error::would_block) return close();
      const std::size_t of_head = std::min(sent, head_.size());
      parts[0] += of_head;
      parts[1] += sent - of_head;
    }
    set_state(State::kWriting);
    boost::asio::async_write(
        stream_, parts,
        [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
          if (error) return self->close();
          self->written();
        });
  }

  void written() {
    parser_.reset();
    if (!keep_alive_) return finish();
    set_state(State::kIdle);
    if (buffer_.size() > 0) {
      // A pipelined request: not from here, or a long row of them would nest.
      boost::asio::post(thread_.context(), [self = this->shared_from_this()] { self->parse(); });
    } else {
      read();
    }
  }

  /// Says goodbye, then waits for the peer's own close: closing at once could take the answer back
  /// with a reset. `check_time` ends the wait.
  void finish() {
    set_state(State::kIdle);
    boost::system::error_code ignored;
    lowest().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    buffer_.clear();
    drain_input();
  }

  void drain_input() {
    lowest().async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](boost::system::error_code error, std::size_t) {
          if (!error) self->drain_input();
        });
  }

  Stream stream_;
  IoThread& thread_;
  const Router& router_;
  Service& service_;
  const Surface surface_;
  const ConnectionLimits limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string head_;
  std::string body_;
  State state_ = State::kIdle;
  TimePoint since_;
  bool keep_alive_ = true;
  bool told_to_continue_ = false;
  std::atomic<std::int64_t>& open_;
};

template <typename Message>
void take_fields(const Message& message, HttpRequest& request) {
  using boost::beast::http::field;
  const auto view = [](const auto& value) { return std::string_view(value.data(), value.size()); };
  switch (message.method()) {
    case boost::beast::http::verb::get:
      request.method = Method::kGet;
      break;
    case boost::beast::http::verb::post:
      request.method = Method::kPost;
      break;
    default:
      request.method = Method::kOther;
  }
  request.target = view(message.target());
  for (const auto& each : message) {
    switch (each.name()) {
      case field::authorization:
        request.authorization = view(each.value());
        break;
      case field::content_encoding:
        request.content_encoding = view(each.value());
        break;
      case field::accept_encoding:
        request.accept_encoding = view(each.value());
        break;
      case field::unknown:
        take_custom_field(view(each.name_string()), view(each.value()), request);
        break;
      default:
        break;
    }
  }
}

}  // namespace temper::gateway::http
