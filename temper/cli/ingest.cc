// temper ingest: the log of a model that others serve, recorded and watched as if it were served.

#include <memory>
#include <string>
#include <utility>

#include "temper/cli/client/render.h"
#include "temper/cli/commands.h"
#include "temper/cli/data_folder.h"
#include "temper/cli/log_ingest.h"
#include "temper/cli/name_list.h"
#include "temper/cli/prediction_log.h"

namespace temper::cli {
namespace {

struct IngestOptions {
  std::string file;
  std::string model;
  std::string reference;
  std::string predictions;
  std::string excluded;
  LogColumns columns;
  std::string profile;
  std::string data;
  std::string output;
};

Result<std::shared_ptr<const profile::Profile>> profile_for(const IngestOptions& options) {
  profile::Profile profile = profile::built_in_profile();
  if (!options.profile.empty()) {
    TEMPER_TRY(profile, profile::load_profile(options.profile));
  }
  if (profile.streams.backend != profile::StreamBackend::kEmbedded) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: ingest needs streams.backend \"embedded\", whose journal it fills and empties",
                options.profile);
  }
  if (!profile.record.predictions) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: ingest needs record.predictions, which is switched off", options.profile);
  }
  const profile::ModelPolicy policy = profile.policy_for(options.model);
  if (!policy.drift.enabled || profile.find_tier(policy.tier) == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "{}: drift detection is switched off for '{}'",
                options.profile, options.model);
  }
  return std::make_shared<const profile::Profile>(std::move(profile));
}

struct Normal {
  drift::DriftReference reference;
  bool fresh = false;
};

/// Roles given again must be those that were learned: they decided what is watched.
Status check_roles(const IngestOptions& options, const Signature& learned) {
  for (std::size_t k = 0; k < options.columns.predictions.size(); ++k) {
    const std::string& name = options.columns.predictions[k];
    if (k < learned.outputs.size() && learned.outputs[k].name == name) continue;
    return fail(ErrorCode::kInvalidArgument,
                "'{}' is not among the predictions that were learned with the reference of '{}'",
                name, options.model);
  }
  for (const std::string& name : options.columns.excluded) {
    if (!learned.input_index(name)) continue;
    return fail(ErrorCode::kInvalidArgument,
                "'{}' is a feature of the reference of '{}' and cannot be excluded now", name,
                options.model);
  }
  return {};
}

Result<drift::DriftReference> learn(const IngestOptions& options, const profile::Drift& policy) {
  TEMPER_TRY(const Signature signature, signature_of_log(options.reference, options.columns));
  TEMPER_TRY(const PredictionLog log,
             PredictionLog::read(options.reference, signature, options.columns));
  return learn_from_log(log, signature, policy);
}

Result<Normal> learn_or_load(const IngestOptions& options, const std::filesystem::path& folder,
                             const profile::Drift& policy) {
  const auto path = drift::drift_reference_path(folder, options.model, kNotServed);
  const bool known = std::filesystem::exists(path);
  if (!options.reference.empty()) {
    if (known) {
      return fail(ErrorCode::kFailedPrecondition,
                  "'{}' has a reference already: leave --reference out, or remove {} to learn anew",
                  options.model, path.string());
    }
    auto learned = learn(options, policy);
    if (!learned) return with_context(std::move(learned).error(), "--reference");
    return Normal{.reference = std::move(*learned), .fresh = true};
  }
  if (!known) {
    return fail(ErrorCode::kFailedPrecondition,
                "what is normal for '{}' is not known yet: give --reference with its first log",
                options.model);
  }
  TEMPER_TRY(drift::DriftReference saved,
             drift::load_drift_reference(folder, options.model, kNotServed));
  TEMPER_TRY_STATUS(check_roles(options, signature_of(saved)));
  return Normal{.reference = std::move(saved), .fresh = false};
}

Result<IngestReport> ingest(IngestOptions options) {
  TEMPER_TRY_STATUS(registry::check_model_name(options.model));
  options.columns.predictions = split_names(options.predictions);
  options.columns.excluded = split_names(options.excluded);
  TEMPER_TRY(const std::shared_ptr<const profile::Profile> profile, profile_for(options));
  const std::filesystem::path folder = data_folder(options.data);
  TEMPER_TRY(const Normal normal,
             learn_or_load(options, folder, profile->policy_for(options.model).drift));
  const Signature signature = signature_of(normal.reference);
  TEMPER_TRY(const PredictionLog log,
             PredictionLog::read(options.file, signature, options.columns));
  LogIngest ingest(options.model, signature, profile, folder);
  TEMPER_TRY_STATUS(ingest.open());
  // Only now: a first log that cannot be read leaves nothing learned behind.
  if (normal.fresh) {
    TEMPER_TRY_STATUS(
        drift::save_drift_reference(folder, options.model, kNotServed, normal.reference));
  }
  TEMPER_TRY_STATUS(ingest.take(log));
  return ingest.finish();
}

int run(const IngestOptions& options) {
  const auto report = ingest(options);
  if (!report) return report_error(report.error(), options.output);
  if (options.output == "json") {
    fmt::print(R"({{"model":"{}","rows":{},"labels":{},"checks":{},"findings":{}}})"
               "\n",
               options.model, report->rows, report->labels, report->checks, report->findings);
    return kOk;
  }
  fmt::print("{} rows and {} labels of '{}' stored, {} windows checked, {} findings\n",
             client::count_text(report->rows), client::count_text(report->labels), options.model,
             client::count_text(report->checks), client::count_text(report->findings));
  if (report->findings > 0) {
    fmt::print("'temper alarm list --model {}' shows them\n", options.model);
  }
  return kOk;
}

Action declare(Options& options) {
  auto values = std::make_shared<IngestOptions>();
  options.text(values->file, "FILE",
               "the log: CSV, Parquet or JSON, a row for each prediction. Logs come in the order "
               "of their time, and each once: the same file again is recorded again");
  options.required();
  options.text(values->model, "--model", "whose log it is");
  options.required();
  options.text(values->reference, "--reference",
               "with the first log: a table of the same columns that shows what is normal");
  options.text(values->columns.time, "--time",
               "column of the rows' time; none: the only one of timestamps");
  options.text(values->predictions, "--prediction",
               "columns of the model's answers, a,b; the first is compared with the label");
  options.text(values->columns.label, "--label", "column of what turned out to be true");
  options.text(values->excluded, "--exclude", "columns that are neither, such as ids: a,b");
  options.text(values->profile, "--profile", "deployment profile (TOML)");
  declare_data_folder(options, values->data);
  declare_output(options, values->output);
  return [values] { return run(*values); };
}

}  // namespace

Command ingest_command() {
  return {.path = "ingest",
          .summary = "Record and watch the log of a model that Temper does not serve",
          .examples = {"temper ingest february.parquet --model scoring --reference january.parquet "
                       "--prediction predicted --label late --exclude id",
                       "temper ingest march.parquet --model scoring --label late"},
          .declare = declare,
          .hidden = false};
}

}  // namespace temper::cli
