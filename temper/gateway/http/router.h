// Targets of the HTTP surface: which path does what. Knows no socket.
//
//   GET  /health, /healthz                                  alive and ready, for people and probes
//   GET  /metrics                                           Prometheus text
//   GET  /v2, /v2/health/live, /v2/health/ready
//   GET  /v2/models/M[/versions/V][/ready|/config|/stats]
//   GET  /v2/models/stats
//   POST /v2/models/M[/versions/V]/infer
//   POST /v1/feedback                                       role labeler
//   POST /v2/repository/index
//   POST /v2/repository/models/M/load|unload                admin listener only
#pragma once

#include "temper/gateway/http/exchange.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::http {

class Router {
 public:
  explicit Router(Service& service) : service_(service) {}

  /// Answers through `respond`, now or later. `runner` is the calling I/O thread's.
  void route(const HttpRequest& request, InlineRunner* runner, Respond respond) const;

 private:
  Service& service_;
};

/// The protocol's error answer, with Retry-After where the error has a hint.
[[nodiscard]] HttpResponse error_response(const Error& error);

}  // namespace temper::gateway::http
