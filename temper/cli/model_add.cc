#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "temper/cli/build_drift_reference.h"
#include "temper/cli/client/server_options.h"
#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/model_text.h"
#include "temper/core/file.h"
#include "temper/data/read.h"
#include "temper/model/features/feature_map.h"
#include "temper/model/onnx/inspect.h"
#include "temper/model/registry/registry.h"
#include "temper/model/runtime/probe.h"
#include "temper/profile/units.h"

namespace temper::cli {
namespace {

struct AddOptions {
  std::string name;
  std::string file;
  std::string reference;
  std::string label;
  std::string data;
  std::string memory_limit = "2GiB";
  std::string time_limit = "60s";
  std::string alias;
  std::string feature_map;
  std::string time;
  std::string features;
  std::string profile;
  registry::OutputRoles roles;
  std::string notes;
  std::int64_t parent = 0;
  std::string output;
};

/// What is wrong with a file is said of the file that was given, not of the copy that was looked
/// at.
std::unexpected<Error> about_given_file(Error error, const std::filesystem::path& copy,
                                        const std::filesystem::path& given) {
  for (const std::string& text : {copy.string(), copy.filename().string()}) {
    for (std::size_t at = error.message.find(text); at != std::string::npos;
         at = error.message.find(text, at + given.string().size())) {
      error.message.replace(at, text.size(), given.string());
    }
  }
  if (error.message.find(given.filename().string()) == std::string::npos) {
    error.message = fmt::format("{}: {}", given.string(), error.message);
  }
  // Over its limits is a refusal of the model, too.
  if (error.code == ErrorCode::kResourceExhausted || error.code == ErrorCode::kDeadlineExceeded) {
    error.code = ErrorCode::kInvalidArgument;
  }
  return std::unexpected(std::move(error));
}

/// `option` where it was given, else what the file's own metadata says.
std::string option_or_metadata(const std::string& option,
                               const std::map<std::string, std::string>& metadata,
                               const std::string& key) {
  if (!option.empty()) return option;
  const auto found = metadata.find("temper." + key);
  return found == metadata.end() ? std::string() : found->second;
}

/// The table can be read and has the label.
Status check_reference(const AddOptions& options) {
  if (options.reference.empty()) {
    if (options.label.empty()) return {};
    return fail(ErrorCode::kInvalidArgument,
                "--label names a column of --reference, which is missing");
  }
  Result<data::TableReader> reader = data::TableReader::open(options.reference);
  if (!reader) return with_context(std::move(reader).error(), "--reference");
  if (options.label.empty()) return {};
  const auto column = reader->header().column(options.label);
  if (!column) return with_context(column.error(), "--label");
  return {};
}

Result<runtime::ProbeLimits> limits_of(const AddOptions& options) {
  runtime::ProbeLimits limits;
  const Result<std::uint64_t> memory = profile::parse_size(options.memory_limit);
  if (!memory) return with_context(memory.error(), "--memory-limit");
  const Result<Duration> patience = profile::parse_duration(options.time_limit);
  if (!patience) return with_context(patience.error(), "--time-limit");
  if (*memory == 0 || *patience == Duration(0)) {
    return fail(ErrorCode::kInvalidArgument, "--memory-limit and --time-limit must be above 0");
  }
  limits.memory_bytes = *memory;
  limits.patience = *patience;
  return limits;
}

Result<registry::NewVersion> describe(const AddOptions& options, const std::filesystem::path& copy,
                                      const runtime::ProbeLimits& limits) {
  registry::NewVersion version;
  version.model = options.name;
  Result<onnx_graph::GraphSummary> summary = onnx_graph::inspect(copy);
  if (!summary) return about_given_file(std::move(summary).error(), copy, options.file);
  version.metadata = std::move(summary->metadata);
  version.feature_map = option_or_metadata("", version.metadata, "feature_map");
  if (!options.feature_map.empty()) {
    TEMPER_TRY(version.feature_map, read_file(options.feature_map));
  }
  version.roles = {.task = option_or_metadata(options.roles.task, version.metadata, "task"),
                   .label_output = option_or_metadata(options.roles.label_output, version.metadata,
                                                      "label_output"),
                   .probability_output = option_or_metadata(options.roles.probability_output,
                                                            version.metadata, "probability_output"),
                   .positive_class = option_or_metadata(options.roles.positive_class,
                                                        version.metadata, "positive_class")};
  version.notes = options.notes;
  version.parent_version = static_cast<int>(options.parent);
  version.alias = options.alias;
  if (options.output != "json") {
    fmt::print(stderr, "running {} in a process of its own (limits: {}, {})\n", options.file,
               options.memory_limit, options.time_limit);
  }
  Result<runtime::ProbeReport> report = runtime::probe(copy, limits);
  if (!report) return about_given_file(std::move(report).error(), copy, options.file);
  version.probe = std::move(*report);
  const auto features = FeatureMap::of(version.feature_map, version.probe.signature);
  if (!features) return std::unexpected(features.error());
  return version;
}

/// What watching the version will rest on. Errors name --reference.
Result<drift::DriftReference> learn_reference(const AddOptions& options,
                                              const registry::NewVersion& version,
                                              const registry::StagedArtifact& artifact,
                                              const registry::StagedArtifact& reference) {
  profile::Profile profile = profile::built_in_profile();
  if (!options.profile.empty()) {
    TEMPER_TRY(profile, profile::load_profile(options.profile));
  }
  registry::VersionRecord record;
  record.model = version.model;
  record.artifact = artifact.path();
  record.probe = version.probe;
  record.feature_map = version.feature_map;
  record.roles = version.roles;
  record.reference = registry::ReferenceData{.sha256 = reference.sha256(),
                                             .file = reference.path(),
                                             .original_name = version.reference_name,
                                             .label_column = options.label};
  if (options.output != "json") {
    fmt::print(stderr, "learning from {} what is normal\n", options.reference);
  }
  auto learned = build_drift_reference(record, {.time = options.time,
                                                .features = client::split_names(options.features),
                                                .policy = profile.policy_for(options.name).drift});
  if (!learned) return with_context(std::move(learned).error(), "--reference");
  return learned;
}

Result<registry::VersionRecord> add(const AddOptions& options) {
  TEMPER_TRY_STATUS(registry::check_model_name(options.name));
  if (!options.alias.empty()) TEMPER_TRY_STATUS(registry::check_alias_name(options.alias));
  TEMPER_TRY(const runtime::ProbeLimits limits, limits_of(options));
  TEMPER_TRY_STATUS(check_reference(options));
  TEMPER_TRY(registry::Registry registry, registry::Registry::open(data_folder(options.data)));
  // What was looked at is what is registered, whatever happens to the given file meanwhile.
  TEMPER_TRY(registry::StagedArtifact artifact, registry.stage(options.file));
  std::optional<registry::StagedArtifact> reference;
  if (!options.reference.empty()) {
    TEMPER_TRY(reference, registry.stage(options.reference));
  }
  TEMPER_TRY(registry::NewVersion version, describe(options, artifact.path(), limits));
  version.reference_name = std::filesystem::path(options.reference).filename();
  version.label_column = options.label;
  if (!reference) return registry.add(std::move(version), std::move(artifact), std::nullopt);
  TEMPER_TRY(const drift::DriftReference learned,
             learn_reference(options, version, artifact, *reference));
  TEMPER_TRY(registry::VersionRecord record,
             registry.add(std::move(version), std::move(artifact), std::move(reference)));
  TEMPER_TRY_STATUS(
      drift::save_drift_reference(registry.folder(), record.model, record.version, learned));
  return record;
}

int run(const AddOptions& options) {
  const Result<registry::VersionRecord> record = add(options);
  if (!record) return report_error(record.error(), options.output);
  if (options.output == "json") {
    fmt::print("{}\n", registry::to_json(*record));
  } else {
    fmt::print("{}", version_text(*record));
  }
  return kOk;
}

}  // namespace

Command model_add_command() {
  return {
      .path = "model add",
      .summary = "Check a model, measure it in a process of its own, register it as a version",
      .examples = {"temper model add flights model.onnx",
                   "temper model add flights model.onnx --reference january.parquet --label late",
                   "temper model add big big.onnx --memory-limit 6GiB --output json"},
      .declare = [](Options& options) -> Action {
        auto values = std::make_shared<AddOptions>();
        options.text(values->name, "NAME",
                     "the model's name; a new one, or one to add a version to");
        options.required();
        options.text(values->file, "FILE", "the model (ONNX)");
        options.required();
        options.text(values->reference, "--reference",
                     "training data kept with the version (CSV, Parquet or JSON)");
        options.text(values->label, "--label", "the column of --reference that is predicted");
        options.text(values->time, "--time",
                     "the column of --reference with the rows' time; none: the only one of "
                     "timestamps");
        options.text(values->features, "--features",
                     "columns of --reference that feed a feature matrix, a,b,c; none: all but time "
                     "and label");
        options.text(values->profile, "--profile",
                     "deployment profile whose drift settings (season, fewest rows) count");
        options.text(values->alias, "--alias", "also point this alias at the version");
        options.text(values->roles.task, "--task", "classification, regression, ...");
        options.text(values->roles.label_output, "--label-output",
                     "output with the class or value");
        options.text(values->roles.probability_output, "--probability-output",
                     "output with probabilities");
        options.text(values->roles.positive_class, "--positive-class",
                     "class whose probability is a binary model's score");
        options.text(values->feature_map, "--feature-map",
                     "JSON file: feature to input, column, kind, categories");
        options.text(values->notes, "--notes", "free text kept with the version");
        options.integer(values->parent, "--parent", "version this one was made from; 0 = none");
        options.text(values->memory_limit, "--memory-limit", "refused if its test run takes more");
        options.text(values->time_limit, "--time-limit", "refused if its test run takes longer");
        declare_data_folder(options, values->data);
        declare_output(options, values->output);
        return [values] { return run(*values); };
      },
      .hidden = false};
}

}  // namespace temper::cli
