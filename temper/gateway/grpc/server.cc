#include "temper/gateway/grpc/server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>

#include <utility>

#include "temper/core/file.h"
#include "temper/gateway/grpc/inference_service.h"

namespace temper::gateway::grpc {
namespace {

Result<std::shared_ptr<::grpc::ServerCredentials>> credentials(const profile::Tls& tls) {
  if (!tls.enabled()) return ::grpc::InsecureServerCredentials();
  ::grpc::SslServerCredentialsOptions options;
  TEMPER_TRY(std::string certificate, read_file(tls.certificate));
  TEMPER_TRY(std::string key, read_file(tls.key));
  options.pem_key_cert_pairs.push_back({std::move(key), std::move(certificate)});
  if (!tls.client_ca.empty()) {
    TEMPER_TRY(options.pem_root_certs, read_file(tls.client_ca));
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return ::grpc::SslServerCredentials(options);
}

}  // namespace

class GrpcServer::Listener {
 public:
  static Result<std::unique_ptr<Listener>> start(Service& service, Surface surface,
                                                 const std::string& address) {
    if (address.empty()) return std::unique_ptr<Listener>{};
    const profile::Server& server = service.profile().server;
    TEMPER_TRY(const profile::ListenAddress where, profile::parse_listen_address(address));
    auto listener = std::make_unique<Listener>(service, surface);
    const profile::Tls tls = surface == Surface::kPublic ? server.tls : profile::Tls{};
    TEMPER_TRY(const std::shared_ptr<::grpc::ServerCredentials> security, credentials(tls));
    ::grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, security, &port);
    builder.RegisterService(&listener->inference_);
    const int limit = static_cast<int>(server.max_grpc_message_bytes);
    builder.SetMaxReceiveMessageSize(limit);
    builder.SetMaxSendMessageSize(limit);
    // Two servers on one port would each get half of the callers.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    listener->server_ = builder.BuildAndStart();
    if (!listener->server_ || (where.unix_path.empty() && port == 0)) {
      return fail(ErrorCode::kUnavailable, "cannot listen on '{}' for gRPC", address);
    }
    listener->address_ = where.unix_path.empty()
                             ? address.substr(0, address.rfind(':') + 1) + std::to_string(port)
                             : address;
    return listener;
  }

  Listener(Service& service, Surface surface) : inference_(service, surface) {}

  [[nodiscard]] const std::string& address() const { return address_; }

  void drain(Duration patience) {
    if (!server_) return;
    // Balancers that ask grpc.health.v1.Health stop sending before the listener goes away.
    if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(false);
    server_->Shutdown(std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            (system_clock_instance().wall_now() + patience).time_since_epoch())));
    server_->Wait();
    server_.reset();
  }

 private:
  InferenceService inference_;
  std::string address_;
  std::unique_ptr<::grpc::Server> server_;
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(Service& service) {
  // Else any caller could write lines of its choice between ours on stderr: protobuf names each
  // field that is not UTF-8. The caller is told by the status.
  google::protobuf::SetLogHandler(nullptr);
  ::grpc::EnableDefaultHealthCheckService(true);
  const profile::Server& server = service.profile().server;
  TEMPER_TRY(std::unique_ptr<Listener> open,
             Listener::start(service, Surface::kPublic, server.grpc));
  TEMPER_TRY(std::unique_ptr<Listener> admin,
             Listener::start(service, Surface::kAdmin, server.admin_grpc));
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(open), std::move(admin)));
}

GrpcServer::GrpcServer(std::unique_ptr<Listener> open, std::unique_ptr<Listener> admin)
    : public_(std::move(open)), admin_(std::move(admin)) {}

GrpcServer::~GrpcServer() { drain(Duration::zero()); }

std::string GrpcServer::grpc_address() const { return public_ ? public_->address() : ""; }
std::string GrpcServer::admin_address() const { return admin_ ? admin_->address() : ""; }

void GrpcServer::drain(Duration patience) {
  if (public_) public_->drain(patience);
  if (admin_) admin_->drain(patience);
}

}  // namespace temper::gateway::grpc
