#include "temper/cli/client/model_client.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace temper::client {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string target_of(std::string_view model) {
  const std::size_t colon = model.find(':');
  std::string target = "/v2/models/" + percent_encoded(model.substr(0, colon));
  if (colon != std::string_view::npos) {
    target += "/versions/" + percent_encoded(model.substr(colon + 1));
  }
  return target;
}

std::optional<std::size_t> json_size_of(const HttpResponse& response) {
  const std::string_view text = response.header("inference-header-content-length");
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return size;
}

}  // namespace

Result<ModelClient> ModelClient::connect(const ServerOptions& options) {
  TEMPER_TRY(Endpoint endpoint, Endpoint::parse(options.url));
  ModelClient client(HttpClient(std::move(endpoint), options.timeout), options,
                     target_of(options.model));
  TEMPER_TRY_STATUS(client.fetch_metadata());
  return client;
}

ModelClient ModelClient::again() const {
  ModelClient other(HttpClient(http_.endpoint(), options_.timeout), options_, target_);
  other.metadata_ = metadata_;
  return other;
}

Status ModelClient::fetch_metadata() {
  HttpRequest request;
  request.target = target_;
  if (!options_.api_key.empty()) request.headers.emplace_back("temper-api-key", options_.api_key);
  TEMPER_TRY(const HttpResponse response, http_.send(request));
  if (response.status != 200) {
    const Error error = oip::decode_error(response.status, response.body);
    return with_context(error, fmt::format("model '{}' at {}", options_.model, options_.url));
  }
  auto metadata = oip::decode_model_metadata(response.body);
  if (!metadata) {
    return fail(ErrorCode::kInternal, "what answers at {} is no inference server: {}", options_.url,
                metadata.error().message);
  }
  metadata_ = std::move(*metadata);
  return {};
}

HttpRequest ModelClient::request_for(const oip::EncodedCall& call) const {
  HttpRequest request{
      .method = "POST", .target = target_ + "/infer", .headers = {}, .body = call.body};
  if (call.json_size) {
    request.headers.emplace_back("Content-Type", "application/octet-stream");
    request.headers.emplace_back(std::string(oip::kJsonLengthHeader),
                                 std::to_string(*call.json_size));
  } else {
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (!options_.api_key.empty()) request.headers.emplace_back("temper-api-key", options_.api_key);
  return request;
}

Result<oip::InferReply> ModelClient::infer(const oip::InferCall& call) {
  TEMPER_TRY(const oip::EncodedCall encoded, oip::encode_infer_call(call));
  return infer(encoded);
}

Result<oip::InferReply> ModelClient::infer(const oip::EncodedCall& call) {
  TEMPER_TRY(const HttpResponse response, http_.send(request_for(call)));
  if (response.status != 200) {
    Error error = oip::decode_error(response.status, response.body);
    error.retry_after_ms = std::max(error.retry_after_ms, response.retry_after_ms);
    return std::unexpected(std::move(error));
  }
  return oip::decode_infer_reply(response.body, json_size_of(response));
}

std::string ModelClient::request_bytes(const oip::EncodedCall& call) const {
  return encode_request(request_for(call), endpoint().authority());
}

}  // namespace temper::client
