#include "temper/cli/client/feedback.h"

#include <string>
#include <utility>

#include "temper/cli/client/labels.h"
#include "temper/cli/client/retry.h"
#include "temper/core/log.h"
#include "temper/gateway/oip/client_codec.h"

namespace temper::client {
namespace {

constexpr std::size_t kEntriesPerBody = 2'000;

/// One body of entries, empty when the events are through.
std::string next_body(const data::Column& label, const data::Column* time,
                      const PredictionColumns& predictions, std::size_t& row,
                      std::uint64_t& entries) {
  std::string body;
  for (entries = 0; row < label.size() && entries < kEntriesPerBody; ++row) {
    if (!predictions.is_answered(row) || label.is_missing(row)) continue;
    body += fmt::format(R"({}{{"prediction_id":{},"label":{})", body.empty() ? '[' : ',',
                        log::json_quote(predictions.prediction_ids().text(row)),
                        log::json_quote(class_text(label, row)));
    if (time != nullptr && !time->is_missing(row)) {
      body += fmt::format(R"(,"observed_at":{})", time->integer(row));
    }
    body += '}';
    ++entries;
  }
  if (entries > 0) body += ']';
  return body;
}

Status post(HttpClient& http, const HttpRequest& request) {
  Retry retry(RetryPolicy{});
  for (;;) {
    Error error;
    if (const auto response = http.send(request); !response) {
      error = response.error();
    } else if (response->status != 200) {
      error = oip::decode_error(response->status, response->body);
      error.retry_after_ms = std::max(error.retry_after_ms, response->retry_after_ms);
    } else {
      return {};
    }
    const auto wait = retry.wait_after(error);
    if (!wait) return with_context(std::move(error), "feedback");
    sleep_for(*wait);
  }
}

}  // namespace

Result<std::uint64_t> send_feedback(const ServerOptions& server, const data::Column& label,
                                    const data::Column* time,
                                    const PredictionColumns& predictions) {
  TEMPER_TRY(Endpoint endpoint, Endpoint::parse(server.url));
  HttpClient http(std::move(endpoint), server.timeout);
  std::uint64_t sent = 0;
  std::uint64_t entries = 0;
  for (std::size_t row = 0; row < label.size();) {
    const std::string body = next_body(label, time, predictions, row, entries);
    if (entries == 0) break;
    HttpRequest request{.method = "POST", .target = "/v1/feedback", .headers = {}, .body = body};
    request.headers.emplace_back("Content-Type", "application/json");
    if (!server.api_key.empty()) request.headers.emplace_back("temper-api-key", server.api_key);
    TEMPER_TRY_STATUS(post(http, request));
    sent += entries;
  }
  return sent;
}

}  // namespace temper::client
