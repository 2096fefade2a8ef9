// The HTTP front: listeners, I/O threads, drain.
//
// Reading order: exchange.h, router.h, this file, connection.h.
#pragma once

#include <memory>
#include <string>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::http {

class HttpServer {
 public:
  /// Listens on the profile's `http` and `admin` addresses; an empty one is left out. Errors:
  /// kUnavailable for an address that cannot be bound, kInvalidArgument for TLS files, naming them.
  static Result<std::unique_ptr<HttpServer>> start(Service& service);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "127.0.0.1:8080" with the port really bound; empty where the listener is off.
  [[nodiscard]] std::string http_address() const;
  [[nodiscard]] std::string admin_address() const;

  /// Takes no new connections, lets those that are open finish, and returns once all are closed or
  /// `patience` has passed. `Admission::begin_drain` must have been called.
  void drain(Duration patience);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace temper::gateway::http
