#include "temper/cli/build_drift_reference.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "temper/cli/client/labels.h"
#include "temper/cli/client/table_inputs.h"
#include "temper/data/read.h"
#include "temper/model/features/feature_rows.h"
#include "temper/model/runtime/host/host.h"
#include "temper/watch/drift/learn.h"

namespace temper::cli {
namespace {

/// Rows of one run over the reference.
constexpr std::size_t kRowsPerRun = 1024;
constexpr double kHeldOutShare = 0.2;
/// Half of the alarms to allow for each of features and outputs.
constexpr double kAlarmsPerMonth = 0.05;

Result<std::string> time_column(const std::string& named, const data::Table& header) {
  if (!named.empty()) {
    TEMPER_TRY_STATUS(header.column(named));
    return named;
  }
  std::string found;
  for (const data::Column& column : header.columns) {
    if (column.type != data::ColumnType::kTimestamp) continue;
    // Two clocks: which is the event's cannot be told, and the order of the file is kept.
    if (!found.empty()) return std::string();
    found = column.name;
  }
  return found;
}

Result<std::vector<Tensor>> in_signature_order(const Signature& signature,
                                               std::vector<oip::NamedTensor> named) {
  std::vector<Tensor> ordered;
  for (const TensorSpec& spec : signature.inputs) {
    const auto found = std::ranges::find(named, spec.name, &oip::NamedTensor::name);
    if (found == named.end()) {
      return fail(ErrorCode::kInvalidArgument, "no column feeds input '{}'", spec.name);
    }
    ordered.push_back(std::move(found->tensor));
  }
  return ordered;
}

/// Everything about one version's pass over its reference.
class Pass {
 public:
  Pass(const registry::VersionRecord& record, const DriftReferenceOptions& options)
      : record_(record), options_(options), signature_(record.probe.signature) {}

  Result<drift::DriftReference> run() {
    TEMPER_TRY_STATUS(read());
    TEMPER_TRY(features_, FeatureMap::of(record_.feature_map, signature_));
    outputs_ = FeatureMap::of_outputs(signature_);
    covariates_ = drift::values_of(features_);
    predictions_ = drift::values_of(outputs_);
    TEMPER_TRY_STATUS(go_over());
    drift::DriftReference reference;
    TEMPER_TRY(reference.covariates, learn(features_, covariates_, drift::Role::kCovariate));
    TEMPER_TRY(reference.predictions, learn(outputs_, predictions_, drift::Role::kPrediction));
    if (labelled_ > 0) {
      reference.accuracy = static_cast<double>(correct_) / static_cast<double>(labelled_);
      reference.accuracy_rows = labelled_;
    }
    return reference;
  }

 private:
  Status read() {
    data::ReadOptions read;
    {
      TEMPER_TRY(const data::TableReader reader, data::TableReader::open(record_.reference->file));
      TEMPER_TRY(time_, time_column(options_.time, reader.header()));
    }
    if (!time_.empty()) read.order_by = {time_};
    TEMPER_TRY(table_, data::read_table(record_.reference->file, read));
    return {};
  }

  Status go_over() {
    client::TableInputs::Options columns;
    columns.features = options_.features;
    columns.not_features = {time_, record_.reference->label_column};
    TEMPER_TRY(const client::TableInputs inputs,
               client::TableInputs::create(signature_, table_, columns));
    runtime::HostConfig config;
    config.memory_bytes = std::uint64_t{4} << 30;
    TEMPER_TRY(const std::unique_ptr<runtime::Runtime> host,
               runtime::create_host_runtime(std::move(config)));
    TEMPER_TRY(const std::unique_ptr<runtime::Instance> instance,
               host->load({.artifact = record_.artifact}));
    std::vector<std::size_t> all(signature_.outputs.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    const std::size_t step = signature_.has_free_rows() ? kRowsPerRun : 1;
    for (std::size_t first = 0; first < table_.rows(); first += step) {
      const std::size_t count = std::min(step, table_.rows() - first);
      TEMPER_TRY(std::vector<oip::NamedTensor> named, inputs.build(table_, first, count));
      TEMPER_TRY(const std::vector<Tensor> ordered,
                 in_signature_order(signature_, std::move(named)));
      TEMPER_TRY_STATUS(check_inputs(signature_, ordered));
      drift::append_rows(features_, ordered, covariates_);
      TEMPER_TRY(const std::vector<Tensor> answer,
                 instance->run({.inputs = ordered, .outputs = all}));
      drift::append_rows(outputs_, answer, predictions_);
      score(answer, first, count);
    }
    return {};
  }

  /// Labels of the held-out rows against what the version predicts for them.
  void score(std::span<const Tensor> answer, std::size_t first, std::size_t count) {
    const std::string& name = record_.reference->label_column;
    const auto output = signature_.output_index(record_.roles.label_output);
    const auto column = name.empty() ? std::nullopt : table_.column_index(name);
    if (!output || !column || record_.roles.task != "classification") return;
    const data::Column& labels = table_.columns[*column];
    const auto held_out =
        static_cast<std::size_t>((1 - kHeldOutShare) * static_cast<double>(table_.rows()));
    for (std::size_t row = std::max(first, held_out); row < first + count; ++row) {
      if (labels.is_missing(row)) continue;
      ++labelled_;
      const std::string predicted = class_text(answer[*output], row - first);
      correct_ += predicted == client::class_text(labels, row) ? 1 : 0;
    }
  }

  Result<std::optional<drift::Calibration>> learn(const FeatureMap& map,
                                                  const std::vector<drift::FeatureValues>& values,
                                                  drift::Role role) const {
    std::vector<std::int64_t> times;
    if (!time_.empty()) {
      TEMPER_TRY(const data::Column* column, table_.column(time_));
      times = column->integers();
    }
    return learn_side(map, values, role, times, options_.policy);
  }

  const registry::VersionRecord& record_;
  const DriftReferenceOptions& options_;
  const Signature& signature_;
  data::Table table_;
  std::string time_;
  FeatureMap features_;
  FeatureMap outputs_;
  std::vector<drift::FeatureValues> covariates_;
  std::vector<drift::FeatureValues> predictions_;
  std::uint64_t labelled_ = 0;
  std::uint64_t correct_ = 0;
};

}  // namespace

Result<std::optional<drift::Calibration>> learn_side(const FeatureMap& map,
                                                     std::span<const drift::FeatureValues> values,
                                                     drift::Role role,
                                                     std::span<const std::int64_t> times_ns,
                                                     const profile::Drift& policy) {
  if (map.empty()) return std::optional<drift::Calibration>();
  std::vector<drift::ReferenceColumn> reference;
  reference.reserve(values.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    reference.push_back({.name = map.features()[k].name, .role = role, .values = values[k].view()});
  }
  drift::CalibrationConfig config;
  config.period_ns = policy.period.count();
  config.window_rows = static_cast<std::size_t>(policy.min_rows);
  config.alarms_per_month = kAlarmsPerMonth;
  TEMPER_TRY(drift::Calibration learned,
             drift::learn({.time_ns = times_ns, .columns = reference}, config));
  return std::optional(std::move(learned));
}

Result<drift::DriftReference> build_drift_reference(const registry::VersionRecord& record,
                                                    const DriftReferenceOptions& options) {
  return Pass(record, options).run();
}

}  // namespace temper::cli
