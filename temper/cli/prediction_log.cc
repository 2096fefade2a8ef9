#include "temper/cli/prediction_log.h"

#include <algorithm>
#include <utility>

#include "temper/cli/build_drift_reference.h"
#include "temper/cli/client/labels.h"
#include "temper/data/read.h"
#include "temper/watch/drift/feature_values.h"

namespace temper::cli {
namespace {

constexpr std::size_t kRowsPerStep = 1024;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

TensorSpec spec_of(const std::string& name, bool text) {
  return {.name = name,
          .datatype = text ? DataType::kBytes : DataType::kFp64,
          .shape = {-1},
          .dimension_names = {}};
}

Result<std::string> time_column(const std::string& named, const data::Table& header) {
  if (!named.empty()) {
    TEMPER_TRY(const data::Column* column, header.column(named));
    if (column->type != data::ColumnType::kTimestamp && column->type != data::ColumnType::kInt64) {
      return fail(
          ErrorCode::kInvalidArgument,
          "column '{}' is {}: a time is a timestamp, or an integer of nanoseconds since 1970",
          named, data::column_type_name(column->type));
    }
    return named;
  }
  std::string found;
  for (const data::Column& column : header.columns) {
    if (column.type != data::ColumnType::kTimestamp) continue;
    if (!found.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "'{}' and '{}' both hold timestamps: say which is the event's with --time", found,
                  column.name);
    }
    found = column.name;
  }
  if (!found.empty()) return found;
  return fail(ErrorCode::kInvalidArgument,
              "no column holds timestamps: say with --time when each row happened; {}",
              data::column_list(header));
}

Signature as_inputs(const std::vector<TensorSpec>& specs) {
  return {.inputs = specs, .outputs = {}};
}

Result<std::vector<Tensor>> tensors(const client::TableInputs& columns, const data::Table& table,
                                    std::size_t first, std::size_t count) {
  TEMPER_TRY(std::vector<oip::NamedTensor> named, columns.build(table, first, count));
  std::vector<Tensor> plain;
  plain.reserve(named.size());
  for (oip::NamedTensor& each : named) plain.push_back(std::move(each.tensor));
  return plain;
}

}  // namespace

Result<Signature> signature_of_log(const std::filesystem::path& file, const LogColumns& columns) {
  TEMPER_TRY(const data::TableReader reader, data::TableReader::open(file));
  const data::Table& header = reader.header();
  Signature signature;
  for (const std::string& name : columns.predictions) {
    TEMPER_TRY(const data::Column* column, header.column(name));
    signature.outputs.push_back(spec_of(name, column->type == data::ColumnType::kString));
  }
  for (const std::string& name : columns.excluded) TEMPER_TRY_STATUS(header.column(name));
  for (const data::Column& column : header.columns) {
    const bool no_feature = column.type == data::ColumnType::kTimestamp ||
                            column.name == columns.time || column.name == columns.label ||
                            holds(columns.predictions, column.name) ||
                            holds(columns.excluded, column.name);
    if (no_feature) continue;
    signature.inputs.push_back(spec_of(column.name, column.type == data::ColumnType::kString));
  }
  if (signature.inputs.empty() && signature.outputs.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "neither a feature nor a prediction is left to watch: {}",
                data::column_list(header));
  }
  return signature;
}

Signature signature_of(const drift::DriftReference& reference) {
  const auto specs = [](const std::optional<drift::Calibration>& calibration) {
    std::vector<TensorSpec> made;
    if (!calibration) return made;
    for (const drift::FeatureCalibration& feature : calibration->features) {
      made.push_back(spec_of(feature.bins.name(), feature.bins.categorical()));
    }
    return made;
  };
  return {.inputs = specs(reference.covariates), .outputs = specs(reference.predictions)};
}

Result<PredictionLog> PredictionLog::read(const std::filesystem::path& file,
                                          const Signature& signature, LogColumns columns) {
  {
    TEMPER_TRY(const data::TableReader reader, data::TableReader::open(file));
    TEMPER_TRY(columns.time, time_column(columns.time, reader.header()));
  }
  data::ReadOptions read;
  const auto need = [&read](const std::string& name) {
    if (!name.empty() && !holds(read.columns, name)) read.columns.push_back(name);
  };
  need(columns.time);
  need(columns.label);
  for (const TensorSpec& spec : signature.inputs) need(spec.name);
  for (const TensorSpec& spec : signature.outputs) need(spec.name);
  read.order_by = {columns.time};

  PredictionLog log;
  TEMPER_TRY(log.table_, data::read_table(file, read));
  log.time_ = *log.table_.column_index(columns.time);
  if (!columns.label.empty()) log.label_ = log.table_.column_index(columns.label);
  if (!signature.outputs.empty()) {
    log.prediction_ = log.table_.column_index(signature.outputs.front().name);
  }
  if (const std::size_t without = log.table_.columns[log.time_].missing_count(); without > 0) {
    return fail(ErrorCode::kInvalidArgument, "{} rows have no value in column '{}'", without,
                columns.time);
  }
  TEMPER_TRY(log.inputs_, client::TableInputs::create(as_inputs(signature.inputs), log.table_, {}));
  TEMPER_TRY(log.outputs_,
             client::TableInputs::create(as_inputs(signature.outputs), log.table_, {}));
  return log;
}

const std::vector<std::int64_t>& PredictionLog::times_ns() const {
  return table_.columns[time_].integers();
}

Result<std::vector<Tensor>> PredictionLog::inputs(std::size_t first, std::size_t count) const {
  return tensors(*inputs_, table_, first, count);
}

Result<std::vector<Tensor>> PredictionLog::outputs(std::size_t first, std::size_t count) const {
  return tensors(*outputs_, table_, first, count);
}

std::optional<std::string> PredictionLog::label(std::size_t row) const {
  if (!label_ || table_.columns[*label_].is_missing(row)) return std::nullopt;
  return client::class_text(table_.columns[*label_], row);
}

std::optional<bool> PredictionLog::correct(std::size_t row) const {
  const auto said = label(row);
  if (!said || !prediction_ || table_.columns[*prediction_].is_missing(row)) return std::nullopt;
  return *said == client::class_text(table_.columns[*prediction_], row);
}

Result<drift::DriftReference> learn_from_log(const PredictionLog& log, const Signature& signature,
                                             const profile::Drift& policy) {
  const FeatureMap features = FeatureMap::derived(signature);
  const FeatureMap outputs = FeatureMap::of_outputs(signature);
  std::vector<drift::FeatureValues> asked = drift::values_of(features);
  std::vector<drift::FeatureValues> answered = drift::values_of(outputs);
  std::uint64_t labelled = 0;
  std::uint64_t right = 0;
  for (std::size_t first = 0; first < log.rows(); first += kRowsPerStep) {
    const std::size_t count = std::min(kRowsPerStep, log.rows() - first);
    TEMPER_TRY(const std::vector<Tensor> in, log.inputs(first, count));
    TEMPER_TRY(const std::vector<Tensor> out, log.outputs(first, count));
    drift::append_rows(features, in, asked);
    drift::append_rows(outputs, out, answered);
    for (std::size_t row = first; row < first + count; ++row) {
      const auto correct = log.correct(row);
      labelled += correct ? 1 : 0;
      right += correct.value_or(false) ? 1 : 0;
    }
  }
  drift::DriftReference reference;
  TEMPER_TRY(reference.covariates,
             learn_side(features, asked, drift::Role::kCovariate, log.times_ns(), policy));
  TEMPER_TRY(reference.predictions,
             learn_side(outputs, answered, drift::Role::kPrediction, log.times_ns(), policy));
  if (labelled > 0) {
    reference.accuracy = static_cast<double>(right) / static_cast<double>(labelled);
    reference.accuracy_rows = labelled;
  }
  return reference;
}

}  // namespace temper::cli
