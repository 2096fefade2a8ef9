#include <fmt/format.h>

#include <memory>

#include "temper/cli/commands.h"
#include "temper/model/runtime/host/host_main.h"

namespace temper::cli {

Command host_command() {
  return {.path = "host",
          .summary = "Runs one model in a process of its own; started by other commands",
          .examples = {},
          .declare = [](Options& options) -> Action {
            const auto words = std::make_shared<std::vector<std::string>>();
            options.texts(*words, "WORDS", "probe|serve ARTIFACT PATIENCE_MS THREADS");
            return [words] {
              const auto arguments = runtime::parse_host_arguments(*words);
              if (!arguments) {
                fmt::print(stderr, "temper: {}\n", arguments.error().message);
                return static_cast<int>(kUsage);
              }
              return runtime::run_host(*arguments);
            };
          },
          .hidden = true};
}

}  // namespace temper::cli
