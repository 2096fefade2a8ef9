// temper worker: the process that fills the stores from shared streams, beside its gateways.

#include <memory>

#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/recording.h"
#include "temper/cli/stop_signals.h"
#include "temper/core/log.h"

namespace temper::cli {
namespace {

struct WorkerOptions {
  std::string profile;
  std::string data;
};

Status work(const WorkerOptions& options) {
  const StopSignals signals;
  const Clock& clock = system_clock_instance();
  TEMPER_TRY(const profile::Profile profile, profile::load_profile(options.profile));
  if (profile.streams.backend == profile::StreamBackend::kEmbedded) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: streams.backend is \"embedded\", whose one owner is 'temper serve'; workers "
                "share streams in Redis",
                options.profile);
  }
  const std::filesystem::path folder = data_folder(options.data);
  metrics::Registry metrics;
  TEMPER_TRY(const std::unique_ptr<streams::StreamStore> streams,
             open_streams(profile, folder, clock));
  TEMPER_TRY(const std::unique_ptr<WorkerRole> role,
             WorkerRole::start(profile, folder, *streams, nullptr, metrics, clock));
  log::info("working", {{"redis", profile.streams.redis}, {"data", folder.string()}});
  const int signal = signals.wait();
  log::info("stopped", {{"signal", signal}, {"handled", role->handled()}});
  return {};
}

}  // namespace

Command worker_command() {
  return {.path = "worker",
          .summary = "Fill the stores from streams that several gateways share",
          .examples = {"temper worker --profile fleet.toml --data /var/lib/temper"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<WorkerOptions>();
            options.text(values->profile, "--profile", "deployment profile (TOML)");
            options.required();
            declare_data_folder(options, values->data);
            return [values] {
              const Status worked = work(*values);
              return worked ? kOk : report_error(worked.error(), "text");
            };
          },
          .hidden = false};
}

}  // namespace temper::cli
