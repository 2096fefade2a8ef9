#include <fmt/format.h>

#include <memory>

#include "temper/cli/client/render.h"
#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/model/registry/registry.h"

namespace temper::cli {
namespace {

struct ListOptions {
  std::string data;
  std::string output;
};

/// A folder without a registry holds no models; listing makes none.
Result<std::vector<registry::ModelSummary>> list(const ListOptions& options) {
  const Result<registry::Registry> registry =
      registry::Registry::open(data_folder(options.data), {.create = false});
  if (!registry && registry.error().code == ErrorCode::kNotFound) {
    return std::vector<registry::ModelSummary>{};
  }
  if (!registry) return std::unexpected(registry.error());
  return registry->list();
}

std::string champion_text(const registry::ModelSummary& model) {
  const auto found = model.aliases.find(std::string(registry::kChampion));
  return found == model.aliases.end() ? "-" : fmt::format("{}", found->second);
}

std::string other_aliases_text(const registry::ModelSummary& model) {
  std::string text;
  for (const auto& [alias, version] : model.aliases) {
    if (alias == registry::kChampion) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", alias, version);
  }
  return text.empty() ? "-" : text;
}

std::string models_text(const std::vector<registry::ModelSummary>& models) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(models.size());
  for (const registry::ModelSummary& model : models) {
    rows.push_back({model.name, fmt::format("{}", fmt::join(model.versions, ", ")),
                    champion_text(model), other_aliases_text(model)});
  }
  return client::table_text({"model", "versions", "champion", "other aliases"}, rows);
}

int run(const ListOptions& options) {
  const auto models = list(options);
  if (!models) return report_error(models.error(), options.output);
  if (options.output == "json") {
    std::string objects;
    for (const registry::ModelSummary& model : *models) {
      objects += (objects.empty() ? "" : ",") + registry::to_json(model);
    }
    fmt::print("{{\"models\":[{}]}}\n", objects);
  } else if (models->empty()) {
    fmt::print("no models in {}; `temper model add NAME FILE` registers one\n",
               data_folder(options.data).string());
  } else {
    fmt::print("{}", models_text(*models));
  }
  return kOk;
}

}  // namespace

Command model_list_command() {
  return {.path = "model list",
          .summary = "List the registered models",
          .examples = {"temper model list", "temper model list --data /var/lib/temper"},
          .declare = [](Options& options) -> Action {
            auto values = std::make_shared<ListOptions>();
            declare_data_folder(options, values->data);
            declare_output(options, values->output);
            return [values] { return run(*values); };
          },
          .hidden = false};
}

}  // namespace temper::cli
