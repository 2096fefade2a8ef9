#include <fmt/format.h>

#include <limits>
#include <memory>

#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/core/log.h"
#include "temper/model/registry/registry.h"

namespace temper::cli {
namespace {

struct AliasOptions {
  std::string name;
  std::string alias;
  std::int64_t version = 0;
  bool remove = false;
  std::string data;
  std::string output;
};

Result<std::map<std::string, int>> change(const AliasOptions& options) {
  if (options.remove == (options.version != 0)) {
    return fail(ErrorCode::kInvalidArgument, "give either VERSION or --remove");
  }
  if (options.version < 0 || options.version > std::numeric_limits<int>::max()) {
    return fail(ErrorCode::kInvalidArgument, "VERSION is a number from 1, found {}",
                options.version);
  }
  TEMPER_TRY(registry::Registry registry,
             registry::Registry::open(data_folder(options.data), {.create = false}));
  if (options.remove) {
    TEMPER_TRY_STATUS(registry.remove_alias(options.name, options.alias));
  } else {
    TEMPER_TRY_STATUS(
        registry.set_alias(options.name, options.alias, static_cast<int>(options.version)));
  }
  return registry.aliases(options.name);
}

int run(const AliasOptions& options) {
  const auto aliases = change(options);
  if (!aliases) return report_error(aliases.error(), options.output);
  std::string list;
  for (const auto& [alias, version] : *aliases) {
    list += options.output == "json"
                ? fmt::format("{}{}:{}", list.empty() ? "" : ",", log::json_quote(alias), version)
                : fmt::format("{}{} = {}", list.empty() ? "" : ", ", alias, version);
  }
  if (options.output == "json") {
    fmt::print("{{\"model\":{},\"aliases\":{{{}}}}}\n", log::json_quote(options.name), list);
  } else {
    fmt::print("{}: {}\n", options.name, list.empty() ? "no aliases" : list);
  }
  return kOk;
}

}  // namespace

Command model_alias_command() {
  return {.path = "model alias",
          .summary = "Point an alias at a version; champion is the one that is served",
          .examples = {"temper model alias flights champion 2",
                       "temper model alias flights challenger --remove"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<AliasOptions>();
            options.text(values->name, "NAME", "the model");
            options.required();
            options.text(values->alias, "ALIAS", "champion, challenger, baseline or another word");
            options.required();
            options.integer(values->version, "VERSION", "the version it shall name");
            options.flag(values->remove, "--remove", "remove the alias");
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
