// The gRPC front: the Open Inference Protocol v2 with Triton's extensions.
//
// Only a codec in front of Service: decodes, hands over, encodes; never blocks one of gRPC's
// threads. Reading order: infer_codec.h, metadata_codec.h, server.cc.
#pragma once

#include <memory>
#include <string>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/gateway/service/service.h"

namespace temper::gateway::grpc {

class GrpcServer {
 public:
  /// Listens on the profile's `grpc` and `admin_grpc` addresses; an empty one is left out. Errors:
  /// kUnavailable for an address that cannot be bound; the TLS files' own.
  static Result<std::unique_ptr<GrpcServer>> start(Service& service);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// With the port really bound; empty where the listener is off.
  [[nodiscard]] std::string grpc_address() const;
  [[nodiscard]] std::string admin_address() const;

  /// Tells callers to go elsewhere, answers what was accepted, and cuts what is left after
  /// `patience`.
  void drain(Duration patience);

 private:
  class Listener;
  GrpcServer(std::unique_ptr<Listener> open, std::unique_ptr<Listener> admin);
  std::unique_ptr<Listener> public_;
  std::unique_ptr<Listener> admin_;
};

}  // namespace temper::gateway::grpc
