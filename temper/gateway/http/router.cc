#include "temper/gateway/http/router.h"

#include <array>
#include <optional>
#include <utility>

#include "temper/gateway/http/compression.h"
#include "temper/gateway/oip/json_request.h"
#include "temper/gateway/oip/json_response.h"
#include "temper/gateway/oip/metadata_json.h"
#include "temper/gateway/service/context.h"

namespace temper::gateway::http {
namespace {

/// Compressing a smaller answer costs more than it saves.
constexpr std::size_t kSmallestCompressed = 1024;

HttpResponse json(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse status_only(const Status& status) {
  return status ? HttpResponse{} : error_response(status.error());
}

HttpResponse compressed(HttpResponse response, std::optional<Coding> coding) {
  if (!coding || response.body.size() < kSmallestCompressed) return response;
  Result<std::string> smaller = compress(response.body, *coding);
  if (!smaller) return response;
  response.body = std::move(*smaller);
  response.headers += fmt::format("Content-Encoding: {}\r\n", coding_name(*coding));
  return response;
}

/// The path cut at '/', percent-decoding left out: model names hold no character that needs it.
struct Path {
  std::array<std::string_view, 8> parts;
  std::size_t count = 0;

  static std::optional<Path> parse(std::string_view target) {
    target = target.substr(0, target.find('?'));
    if (target.empty() || target.front() != '/') return std::nullopt;
    Path path;
    target.remove_prefix(1);
    while (!target.empty()) {
      if (path.count == path.parts.size()) return std::nullopt;
      const std::size_t slash = target.find('/');
      path.parts[path.count++] = target.substr(0, slash);
      if (slash == std::string_view::npos) break;
      target.remove_prefix(slash + 1);
    }
    return path;
  }
  [[nodiscard]] std::string_view at(std::size_t index) const {
    return index < count ? parts[index] : std::string_view{};
  }
};

/// /v2/models/M[/versions/V]/ACTION
struct ModelTarget {
  std::string_view model;
  std::string_view version;
  std::string_view action;

  static std::optional<ModelTarget> parse(const Path& path) {
    if (path.count < 3) return std::nullopt;
    ModelTarget target{.model = path.at(2), .version = {}, .action = {}};
    std::size_t next = 3;
    if (path.at(3) == "versions" && path.count > 4) {
      target.version = path.at(4);
      next = 5;
    }
    target.action = path.at(next);
    if (path.count > next + 1) return std::nullopt;
    return target;
  }
};

Peer peer_of(const HttpRequest& request) {
  return {.surface = request.surface,
          .api_key = request.api_key.empty() ? bearer_key(request.authorization) : request.api_key};
}

Error unknown_target(const HttpRequest& request) {
  return {.code = ErrorCode::kNotFound,
          .message = fmt::format("nothing is served at '{}'", request.target.substr(0, 256)),
          .retry_after_ms = 0};
}

HttpResponse wrong_method(std::string_view expected) {
  HttpResponse response = error_response({.code = ErrorCode::kInvalidArgument,
                                          .message = fmt::format("expected method {}", expected),
                                          .retry_after_ms = 0});
  response.status = 405;
  response.headers += fmt::format("Allow: {}\r\n", expected);
  return response;
}

Result<std::shared_ptr<std::string>> plain_body(const HttpRequest& request, std::size_t max_bytes) {
  TEMPER_TRY(const std::optional<Coding> coding, parse_content_encoding(request.content_encoding));
  if (!coding) return request.body;
  TEMPER_TRY(std::string plain, decompress(*request.body, *coding, max_bytes));
  return std::make_shared<std::string>(std::move(plain));
}

Result<InferCall> decode_call(const HttpRequest& request, const ModelTarget& target,
                              std::size_t max_bytes) {
  TEMPER_TRY(const std::shared_ptr<std::string> body, plain_body(request, max_bytes));
  oip::InferRequestBody encoded{
      .bytes = std::as_bytes(std::span(*body)), .owner = body, .json_size = std::nullopt};
  if (!request.json_length.empty()) {
    TEMPER_TRY(encoded.json_size, oip::parse_json_length(request.json_length, body->size()));
  }
  InferCall call{.model = std::string(target.model),
                 .version = std::string(target.version),
                 .request = {},
                 .arrival = request.arrival,
                 .transport_timeout = std::nullopt};
  TEMPER_TRY(call.request, oip::decode_infer_request(encoded));
  for (const auto& [name, value] : request.context) {
    TEMPER_TRY_STATUS(apply_header(call.request.parameters, name, value));
  }
  return call;
}

HttpResponse encode_answer(const InferAnswer& answer) {
  HttpResponse response;
  AnswerStorage storage;
  const Result<oip::EncodedResponse> encoded =
      oip::append_infer_response(response.body, view_of(answer, storage));
  if (!encoded) return error_response(encoded.error());
  if (encoded->has_binary) {
    response.content_type = "application/octet-stream";
    response.headers = fmt::format("{}: {}\r\n", oip::kJsonLengthHeader, encoded->json_size);
  }
  return response;
}

void infer(Service& service, const HttpRequest& request, const ModelTarget& target,
           InlineRunner* runner, Respond respond) {
  const Result<const Caller*> caller =
      service.authenticate(peer_of(request), profile::Role::kInfer);
  if (!caller) return respond(error_response(caller.error()));
  Result<InferCall> call = decode_call(
      request, target, static_cast<std::size_t>(service.profile().server.max_body_bytes));
  if (!call) return respond(error_response(call.error()));
  service.infer(**caller, std::move(*call), runner,
                [coding = choose_coding(request.accept_encoding),
                 respond = std::move(respond)](Result<InferAnswer> answer) mutable {
                  if (!answer) return respond(error_response(answer.error()));
                  respond(compressed(encode_answer(*answer), coding));
                });
}

HttpResponse model_page(const Service& service, const ModelTarget& target,
                        const HttpRequest& request) {
  const auto page = [](auto result, auto encode) {
    return result ? json(encode(*result)) : error_response(result.error());
  };
  if (target.action == "ready") {
    return status_only(service.model_ready(target.model, target.version));
  }
  if (target.action.empty()) {
    return page(service.model_metadata(target.model, target.version), oip::model_metadata_json);
  }
  if (target.action == "config") {
    return page(service.model_config(target.model, target.version), oip::model_config_json);
  }
  if (target.action == "stats") {
    return page(service.statistics(target.model, target.version),
                [](const auto& models) { return oip::statistics_json(models); });
  }
  return error_response(unknown_target(request));
}

void change_repository(Service& service, const HttpRequest& request, const Path& path,
                       Respond respond) {
  const Result<const Caller*> caller =
      service.authenticate(peer_of(request), profile::Role::kAdmin);
  if (!caller) return respond(error_response(caller.error()));
  if (const Status fine = oip::check_repository_load_request(*request.body); !fine) {
    return respond(error_response(fine.error()));
  }
  auto shared = std::make_shared<Respond>(std::move(respond));
  auto done = [shared](const Status& status) { (*shared)(status_only(status)); };
  if (path.at(4) == "load") {
    service.load(request.surface, std::string(path.at(3)), std::move(done));
  } else {
    service.unload(request.surface, std::string(path.at(3)), std::move(done));
  }
}

HttpResponse repository_index(const Service& service, const HttpRequest& request) {
  const Result<bool> ready_only = oip::decode_repository_index_request(*request.body);
  if (!ready_only) return error_response(ready_only.error());
  return json(oip::repository_index_json(service.repository_index(*ready_only)));
}

void take_feedback(Service& service, const HttpRequest& request, Respond respond) {
  const Result<const Caller*> caller =
      service.authenticate(peer_of(request), profile::Role::kLabeler);
  if (!caller) return respond(error_response(caller.error()));
  const Result<std::shared_ptr<std::string>> body =
      plain_body(request, static_cast<std::size_t>(service.profile().server.max_body_bytes));
  if (!body) return respond(error_response(body.error()));
  const auto entries = decode_feedback(**body, service.clock().wall_now());
  if (!entries) return respond(error_response(entries.error()));
  service.feedback(
      **caller, *entries,
      [count = entries->size(), respond = std::move(respond)](const Status& taken) mutable {
        respond(taken ? json(fmt::format(R"({{"accepted":{}}})", count))
                      : error_response(taken.error()));
      });
}

HttpResponse health(const Service& service) {
  HttpResponse response;
  response.status = service.ready() ? 200 : 503;
  std::size_t ready = 0;
  std::size_t all = 0;
  for (const oip::RepositoryEntry& entry : service.repository_index(false)) {
    ++all;
    if (entry.state == "READY") ++ready;
  }
  response.body = fmt::format(R"({{"status":"{}","versions_ready":{},"versions":{}}})",
                              service.ready() ? "healthy" : "unhealthy", ready, all);
  return response;
}

/// Pages that tell nothing about models, open to everyone.
std::optional<HttpResponse> open_page(const Service& service, const Path& path) {
  if (path.count == 1 && (path.at(0) == "health" || path.at(0) == "healthz")) {
    return health(service);
  }
  if (path.at(0) == "v2" && path.at(1) == "health" && path.count == 3) {
    if (path.at(2) == "live") return HttpResponse{};
    if (path.at(2) == "ready") {
      HttpResponse response;
      response.status = service.ready() ? 200 : 503;
      return response;
    }
  }
  return std::nullopt;
}

HttpResponse closed_page(const Service& service, const HttpRequest& request, const Path& path) {
  if (path.count == 1 && path.at(0) == "metrics") {
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = service.metrics_text();
    return response;
  }
  if (path.at(0) != "v2") return error_response(unknown_target(request));
  if (path.count == 1) return json(oip::server_metadata_json(service.server_metadata()));
  if (path.at(1) == "models") {
    if (path.count == 3 && path.at(2) == "stats") {
      return json(oip::statistics_json(*service.statistics("", "")));
    }
    if (const std::optional<ModelTarget> target = ModelTarget::parse(path)) {
      return model_page(service, *target, request);
    }
  }
  return error_response(unknown_target(request));
}

}  // namespace

HttpResponse error_response(const Error& error) {
  HttpResponse response;
  response.status = http_status(error.code);
  response.body = oip::error_body(error);
  if (error.retry_after_ms > 0) {
    // Retry-After counts whole seconds; the exact hint goes beside it.
    response.headers = fmt::format("Retry-After: {}\r\ntemper-retry-after-ms: {}\r\n",
                                   (error.retry_after_ms + 999) / 1000, error.retry_after_ms);
  }
  return response;
}

void Router::route(const HttpRequest& request, InlineRunner* runner, Respond respond) const {
  const std::optional<Path> path = Path::parse(request.target);
  if (!path) return respond(error_response(unknown_target(request)));
  const bool v2 = path->at(0) == "v2";
  if (v2 && path->at(1) == "models") {
    const std::optional<ModelTarget> target = ModelTarget::parse(*path);
    if (target && target->action == "infer") {
      if (request.method != Method::kPost) return respond(wrong_method("POST"));
      return infer(service_, request, *target, runner, std::move(respond));
    }
  }
  if (path->at(0) == "v1" && path->at(1) == "feedback" && path->count == 2) {
    if (request.method != Method::kPost) return respond(wrong_method("POST"));
    return take_feedback(service_, request, std::move(respond));
  }
  const bool change = v2 && path->at(1) == "repository" && path->at(2) == "models" &&
                      path->count == 5 && (path->at(4) == "load" || path->at(4) == "unload");
  if (change) {
    if (request.method != Method::kPost) return respond(wrong_method("POST"));
    return change_repository(service_, request, *path, std::move(respond));
  }
  if (const std::optional<HttpResponse> page = open_page(service_, *path)) return respond(*page);
  const Result<const Caller*> caller = service_.authenticate(peer_of(request), std::nullopt);
  if (!caller) return respond(error_response(caller.error()));
  if (v2 && path->at(1) == "repository" && path->at(2) == "index" && path->count == 3) {
    if (request.method != Method::kPost) return respond(wrong_method("POST"));
    return respond(repository_index(service_, request));
  }
  if (request.method != Method::kGet) return respond(wrong_method("GET"));
  respond(
      compressed(closed_page(service_, request, *path), choose_coding(request.accept_encoding)));
}

}  // namespace temper::gateway::http
