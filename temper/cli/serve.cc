// temper serve: the wiring of the whole program. The only place that names adapters.

#include <memory>
#include <string>

#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/recording.h"
#include "temper/cli/stop_signals.h"
#include "temper/core/log.h"
#include "temper/core/metrics.h"
#include "temper/gateway/fleet/fleet.h"
#include "temper/gateway/grpc/server.h"
#include "temper/gateway/http/server.h"
#include "temper/gateway/service/id_key.h"
#include "temper/gateway/service/service.h"
#include "temper/model/registry/registry.h"
#include "temper/model/runtime/host/host.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/profile/profile.h"

namespace temper::cli {
namespace {

struct ServeOptions {
  std::string profile;
  std::string data;
  std::string http;
  std::string grpc;
  std::string admin;
  std::string admin_grpc;
  std::string log_level = "info";
};

Result<std::shared_ptr<const profile::Profile>> effective_profile(const ServeOptions& options) {
  profile::Profile profile = profile::built_in_profile();
  if (!options.profile.empty()) {
    TEMPER_TRY(profile, profile::load_profile(options.profile));
  }
  const auto override_with = [](std::string& setting, const std::string& flag) {
    if (!flag.empty()) setting = flag == "off" ? "" : flag;
  };
  override_with(profile.server.http, options.http);
  override_with(profile.server.grpc, options.grpc);
  override_with(profile.server.admin, options.admin);
  override_with(profile.server.admin_grpc, options.admin_grpc);
  TEMPER_TRY_STATUS(profile::check_exposure(profile));
  return std::make_shared<const profile::Profile>(std::move(profile));
}

Result<gateway::Runtimes> make_runtimes() {
  gateway::Runtimes runtimes;
  TEMPER_TRY(runtimes.in_process, runtime::create_onnxruntime());
  runtimes.make_host =
      [](const gateway::HostNeeds& needs) -> Result<std::shared_ptr<runtime::Runtime>> {
    runtime::HostConfig config;
    config.memory_bytes = needs.memory_bytes;
    config.cpus = needs.cpus;
    config.slots = needs.slots;
    TEMPER_TRY(std::unique_ptr<runtime::Runtime> host,
               runtime::create_host_runtime(std::move(config)));
    return std::shared_ptr<runtime::Runtime>(std::move(host));
  };
  return runtimes;
}

Status serve(const ServeOptions& options) {
  const StopSignals signals;
  const Clock& clock = system_clock_instance();
  TEMPER_TRY(const std::shared_ptr<const profile::Profile> profile, effective_profile(options));
  TEMPER_TRY(registry::Registry registry, registry::Registry::open(data_folder(options.data)));
  // What a killed `model add` left behind.
  if (const auto garbage = registry.collect_garbage(); garbage && garbage->files > 0) {
    log::info("unnamed artifacts removed", {{"files", garbage->files}, {"bytes", garbage->bytes}});
  }
  TEMPER_TRY(const SipKey id_key, gateway::load_or_make_id_key(registry.folder()));
  TEMPER_TRY(gateway::Runtimes runtimes, make_runtimes());

  metrics::Registry metrics;
  const std::filesystem::path folder = registry.folder();
  TEMPER_TRY(const std::unique_ptr<GatewayRecording> recording,
             GatewayRecording::start(profile, folder, metrics, clock));
  const std::unique_ptr<gateway::Fleet> fleet =
      gateway::Fleet::start(std::move(registry), profile, std::move(runtimes), metrics, clock);
  gateway::Service service(profile, *fleet, metrics, clock, id_key,
                           {.tap = recording->tap(), .feedback = recording->feedback()});
  TEMPER_TRY(const std::unique_ptr<gateway::http::HttpServer> http,
             gateway::http::HttpServer::start(service));
  TEMPER_TRY(const std::unique_ptr<gateway::grpc::GrpcServer> grpc,
             gateway::grpc::GrpcServer::start(service));
  fleet->wait_until_ready();
  log::info("serving", {{"http", http->http_address()},
                        {"grpc", grpc->grpc_address()},
                        {"admin", http->admin_address()},
                        {"admin_grpc", grpc->admin_address()},
                        {"profile", profile->name}});

  const int signal = signals.wait();
  log::info("draining", {{"signal", signal}, {"in_flight", service.admission().in_flight()}});
  service.admission().begin_drain();
  const TimePoint until = clock.now() + profile->server.drain_timeout;
  grpc->drain(profile->server.drain_timeout);
  http->drain(std::max(Duration::zero(), until - clock.now()));
  service.admission().close();
  recording->close(until);
  log::info("stopped", {{"unanswered", service.admission().in_flight()}});
  return {};
}

}  // namespace

Command serve_command() {
  return {
      .path = "serve",
      .summary = "Serve the registered models over HTTP and gRPC",
      .examples = {"temper serve", "temper serve --profile production.toml --data /var/lib/temper",
                   "temper serve --http 127.0.0.1:9000 --grpc off"},
      .declare = [](Options& options) -> Action {
        auto values = std::make_shared<ServeOptions>();
        options.text(values->profile, "--profile", "deployment profile (TOML); none: one tier");
        declare_data_folder(options, values->data);
        options.text(values->http, "--http", "HOST:PORT of HTTP, or off");
        options.text(values->grpc, "--grpc", "HOST:PORT of gRPC, or off");
        options.text(values->admin, "--admin",
                     "HOST:PORT or unix:/PATH of load, unload and administration, or off");
        options.text(values->admin_grpc, "--admin-grpc",
                     "HOST:PORT of load and unload over gRPC, or off");
        options.text(values->log_level, "--log-level", "least severe line logged");
        options.one_of({"debug", "info", "warning", "error"});
        return [values] {
          constexpr std::pair<std::string_view, log::Level> kLevels[] = {
              {"debug", log::Level::kDebug},
              {"info", log::Level::kInfo},
              {"warning", log::Level::kWarning},
              {"error", log::Level::kError}};
          for (const auto& [name, level] : kLevels) {
            if (name == values->log_level) log::set_level(level);
          }
          const Status served = serve(*values);
          return served ? kOk : report_error(served.error(), "text");
        };
      },
      .hidden = false};
}

}  // namespace temper::cli
