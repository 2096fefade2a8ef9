#include <fmt/format.h>

#include <memory>

#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/model_text.h"
#include "temper/core/log.h"
#include "temper/model/registry/registry.h"

namespace temper::cli {
namespace {

struct ShowOptions {
  std::string name;
  std::string version;
  std::string data;
  std::string output;
};

/// All versions, or the one that a number or an alias names.
Result<std::vector<registry::VersionRecord>> find(const ShowOptions& options) {
  TEMPER_TRY(const registry::Registry registry,
             registry::Registry::open(data_folder(options.data), {.create = false}));
  if (options.version.empty()) return registry.show(options.name);
  const bool is_number = options.version.find_first_not_of("0123456789") == std::string::npos &&
                         options.version.size() < 10;
  TEMPER_TRY(registry::VersionRecord record,
             is_number ? registry.version(options.name, std::stoi(options.version))
                       : registry.resolve(options.name, options.version));
  std::vector<registry::VersionRecord> records;
  records.push_back(std::move(record));
  return records;
}

int run(const ShowOptions& options) {
  const auto records = find(options);
  if (!records) return report_error(records.error(), options.output);
  std::string text;
  for (const registry::VersionRecord& record : *records) {
    if (options.output == "json") {
      text += (text.empty() ? "" : ",") + registry::to_json(record);
    } else {
      text += (text.empty() ? "" : "\n") + version_text(record);
    }
  }
  if (options.output == "json") {
    fmt::print("{{\"model\":{},\"versions\":[{}]}}\n", log::json_quote(options.name), text);
  } else {
    fmt::print("{}", text);
  }
  return kOk;
}

}  // namespace

Command model_show_command() {
  return {.path = "model show",
          .summary = "Show what is known about a model's versions",
          .examples = {"temper model show flights", "temper model show flights --version 2",
                       "temper model show flights --version champion --output json"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<ShowOptions>();
            options.text(values->name, "NAME", "the model");
            options.required();
            options.text(values->version, "--version", "a number or an alias; none: all versions");
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
