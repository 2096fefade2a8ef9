#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "temper/cli/commands.h"
#include "temper/core/file.h"
#include "temper/core/log.h"
#include "temper/profile/profile.h"

namespace temper::cli {
namespace {

struct CheckOptions {
  std::string file;
  std::string output;
};

std::string problem_json(const profile::Problem& problem) {
  return fmt::format(R"({{"line":{},"column":{},"key":{},"message":{}}})", problem.line,
                     problem.column, log::json_quote(problem.key),
                     log::json_quote(problem.message));
}

void print_json(const std::string& file, const std::vector<profile::Problem>& problems) {
  std::string list;
  for (const profile::Problem& problem : problems) {
    list += (list.empty() ? "" : ",") + problem_json(problem);
  }
  fmt::print(R"({{"file":{},"valid":{},"problems":[{}]}})"
             "\n",
             log::json_quote(file), problems.empty(), list);
}

int run(const CheckOptions& options) {
  const Result<std::string> text = read_file(options.file);
  if (!text) return report_error(text.error(), options.output);
  const profile::ParsedProfile parsed = profile::parse_profile(*text, options.file);
  if (options.output == "json") {
    print_json(options.file, parsed.problems);
  } else if (parsed.problems.empty()) {
    const profile::Profile& profile = parsed.profile;
    fmt::print("{}: valid; profile {}, tiers: {}, devices: {}, models listed: {}\n", options.file,
               profile.name, profile.tiers.size(), profile.devices.size(), profile.models.size());
  } else {
    for (const profile::Problem& problem : parsed.problems) {
      fmt::print(stderr, "{}\n", profile::problem_text(problem, options.file));
    }
  }
  return parsed.problems.empty() ? kOk : kNegative;
}

}  // namespace

Command profile_check_command() {
  return {.path = "profile check",
          .summary = "Check a deployment profile; names every fault with its line",
          .examples = {"temper profile check profiles/layered.toml"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<CheckOptions>();
            options.text(values->file, "FILE", "the profile (TOML)");
            options.required();
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
