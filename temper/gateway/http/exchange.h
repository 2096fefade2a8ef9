// One HTTP request and its answer, as plain values: what the router sees of the wire.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "temper/core/clock.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::http {

enum class Method { kGet, kPost, kOther };

/// Views are valid only during the call that gets the request.
struct HttpRequest {
  Surface surface = Surface::kPublic;
  Method method = Method::kGet;
  /// Path and query as sent.
  std::string_view target = {};
  std::string_view authorization = {};
  std::string_view api_key = {};
  std::string_view content_encoding = {};
  std::string_view accept_encoding = {};
  std::string_view json_length = {};
  /// The `temper-*` headers, names in lower case.
  std::vector<std::pair<std::string_view, std::string_view>> context = {};
  std::shared_ptr<std::string> body = {};
  TimePoint arrival = {};
};

struct HttpResponse {
  int status = 200;
  std::string_view content_type = "application/json";
  /// Whole header lines, each ending in CRLF.
  std::string headers;
  std::string body;
};

/// Called once, on any thread.
using Respond = std::move_only_function<void(HttpResponse)>;

}  // namespace temper::gateway::http
