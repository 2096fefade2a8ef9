#include <fmt/format.h>

#include <limits>
#include <memory>

#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/model_text.h"
#include "temper/core/log.h"
#include "temper/model/registry/registry.h"
#include "temper/watch/drift/drift_reference.h"

namespace temper::cli {
namespace {

struct RemoveOptions {
  std::string name;
  std::int64_t version = 0;
  bool force = false;
  std::string data;
  std::string output;
};

Result<registry::GarbageReport> remove(const RemoveOptions& options) {
  if (options.version < 0 || options.version > std::numeric_limits<int>::max()) {
    return fail(ErrorCode::kInvalidArgument, "--version is a number from 1, found {}",
                options.version);
  }
  TEMPER_TRY(registry::Registry registry,
             registry::Registry::open(data_folder(options.data), {.create = false}));
  std::optional<int> version;
  if (options.version > 0) version = static_cast<int>(options.version);
  TEMPER_TRY(const std::vector<registry::VersionRecord> versions, registry.show(options.name));
  Status removed = registry.remove(options.name, version, options.force);
  if (!removed) {
    if (removed.error().code != ErrorCode::kFailedPrecondition) {
      return std::unexpected(std::move(removed).error());
    }
    return fail(ErrorCode::kFailedPrecondition, "{} (--force)", removed.error().message);
  }
  for (const registry::VersionRecord& record : versions) {
    if (version && record.version != *version) continue;
    drift::remove_drift_reference(registry.folder(), record.model, record.version);
  }
  return registry.collect_garbage();
}

int run(const RemoveOptions& options) {
  const Result<registry::GarbageReport> freed = remove(options);
  if (!freed) return report_error(freed.error(), options.output);
  const std::string what = options.version > 0
                               ? fmt::format("{} version {}", options.name, options.version)
                               : fmt::format("{} with all its versions", options.name);
  if (options.output == "json") {
    fmt::print(R"({{"removed":{},"freed_files":{},"freed_bytes":{}}})"
               "\n",
               log::json_quote(what), freed->files, freed->bytes);
  } else if (freed->collected) {
    fmt::print("removed {}; {} freed\n", what, bytes_text(freed->bytes));
  } else {
    fmt::print("removed {}; its files go with the next removal, a model is being added\n", what);
  }
  return kOk;
}

}  // namespace

Command model_remove_command() {
  return {.path = "model remove",
          .summary = "Remove a version, or a model with all its versions",
          .examples = {"temper model remove flights --version 2",
                       "temper model remove flights --force"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<RemoveOptions>();
            options.text(values->name, "NAME", "the model");
            options.required();
            options.integer(values->version, "--version", "the version; 0 = all of them");
            options.flag(values->force, "--force", "also remove the aliases that name it");
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
