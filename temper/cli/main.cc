#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "temper/cli/commands.h"

int main(int argc, char** argv) {
  using namespace temper::cli;
  // The last fence: our own code throws nothing, a vendor's might.
  try {
    return run_command_line(
        argc, argv, {serve_command(),           infer_command(),         replay_command(),
                     bench_serve_command(),     model_add_command(),     model_list_command(),
                     model_show_command(),      model_remove_command(),  model_alias_command(),
                     train_xgboost_command(),   profile_check_command(), profile_show_command(),
                     data_query_command(),      drift_command(),         drift_calibrate_command(),
                     reference_build_command(), alarm_command(),         alarm_list_command(),
                     worker_command(),          ingest_command(),        host_command(),
                     trainer_command()});
  } catch (const std::exception& error) {
    fmt::print(stderr, "temper: INTERNAL: {}\n", error.what());
    return kFailed;
  }
}
