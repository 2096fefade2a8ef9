#include <fmt/format.h>

#include <memory>

#include "temper/cli/commands.h"
#include "temper/profile/profile.h"

namespace temper::cli {
namespace {

struct ShowOptions {
  std::string file;
  std::string output;
};

int run(const ShowOptions& options) {
  const Result<profile::Profile> profile =
      options.file.empty() ? Result<profile::Profile>(profile::built_in_profile())
                           : profile::load_profile(options.file);
  if (!profile) return report_error(profile.error(), options.output);
  if (options.output == "json") {
    fmt::print("{}\n", profile::to_json(*profile));
  } else {
    fmt::print("{}", profile::to_toml(*profile));
  }
  return kOk;
}

}  // namespace

Command profile_show_command() {
  return {.path = "profile show",
          .summary = "Print a profile with every value in effect",
          .examples = {"temper profile show", "temper profile show profiles/layered.toml",
                       "temper profile show --output json"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<ShowOptions>();
            options.text(values->file, "FILE", "the profile (TOML); none: the built-in one");
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
