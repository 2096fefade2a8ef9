// One model of one server, as a caller sees it: its signature, and inferences.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "temper/cli/client/http_client.h"
#include "temper/gateway/oip/client_codec.h"
#include "temper/gateway/oip/metadata.h"

namespace temper::client {

/// What every command that talks to a server is told about it.
struct ServerOptions {
  /// "http://127.0.0.1:8080".
  std::string url;
  /// Model name; a version may follow after a colon: "flights:3".
  std::string model;
  /// Empty where the server asks for none.
  std::string api_key;
  /// Bounds each wait for the server.
  Duration timeout = std::chrono::seconds(30);
};

/// Not thread-safe: one per thread. Copies of the metadata are cheap beside a request.
class ModelClient {
 public:
  /// Fetches the model's metadata. Errors: kUnavailable when no server answers, kNotFound when it
  /// has no such model, kUnauthenticated, kInternal when what answers is no inference server.
  static Result<ModelClient> connect(const ServerOptions& options);
  /// A further connection to the same model, without asking for the metadata again.
  [[nodiscard]] ModelClient again() const;

  [[nodiscard]] const oip::ModelMetadata& metadata() const { return metadata_; }
  [[nodiscard]] const Signature& signature() const { return metadata_.signature; }
  [[nodiscard]] const Endpoint& endpoint() const { return http_.endpoint(); }

  /// Errors: those of the answer (its code, its message, its hint when to try again) and those of
  /// the connection.
  [[nodiscard]] Result<oip::InferReply> infer(const oip::InferCall& call);
  /// The same with a body made elsewhere.
  [[nodiscard]] Result<oip::InferReply> infer(const oip::EncodedCall& call);

  /// The whole HTTP request of an inference, for a load generator.
  [[nodiscard]] std::string request_bytes(const oip::EncodedCall& call) const;

 private:
  ModelClient(HttpClient http, ServerOptions options, std::string target)
      : http_(std::move(http)), options_(std::move(options)), target_(std::move(target)) {}
  Status fetch_metadata();
  [[nodiscard]] HttpRequest request_for(const oip::EncodedCall& call) const;

  HttpClient http_;
  ServerOptions options_;
  /// "/v2/models/flights/versions/3".
  std::string target_;
  oip::ModelMetadata metadata_;
};

}  // namespace temper::client
