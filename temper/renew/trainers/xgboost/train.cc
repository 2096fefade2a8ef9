#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "temper/core/digest.h"
#include "temper/data/read.h"
#include "temper/renew/trainers/xgboost/booster.h"
#include "temper/renew/trainers/xgboost/model_json.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

namespace temper::renew::xgboost {
namespace {

/// A gate of more rows finds nothing that these do not.
constexpr std::size_t kMostCheckedRows = 20'000;

/// Values and labels of some rows of the training data.
struct Part {
  std::vector<float> values;
  std::vector<float> labels;
  std::size_t feature_count;

  [[nodiscard]] DenseRows rows() const {
    return {.values = values, .feature_count = feature_count};
  }
};

Part take(const TrainingData& data, std::span<const std::size_t> rows) {
  const std::size_t features = data.features.size();
  Part part{.values = {}, .labels = {}, .feature_count = features};
  part.values.reserve(rows.size() * features);
  for (const std::size_t row : rows) {
    const auto first = data.values.begin() + static_cast<std::ptrdiff_t>(row * features);
    part.values.insert(part.values.end(), first, first + static_cast<std::ptrdiff_t>(features));
    part.labels.push_back(data.labels[row]);
  }
  return part;
}

Result<std::string> objective_of(const TrainJob& job, const TrainingData& data) {
  if (job.objective.empty()) {
    if (data.task == Task::kRegression) return "reg:squarederror";
    return data.classes.size() == 2 ? "binary:logistic" : "multi:softprob";
  }
  TEMPER_TRY_STATUS(link_of(job.objective));
  const bool is_binary = job.objective.starts_with("binary:");
  const bool is_multi = job.objective.starts_with("multi:");
  const bool fits = data.task == Task::kRegression ? !is_binary && !is_multi
                    : data.classes.size() == 2     ? is_binary || is_multi
                                                   : is_multi;
  if (!fits) {
    return fail(ErrorCode::kInvalidArgument, "objective '{}' does not fit {}{}", job.objective,
                task_name(data.task),
                data.classes.empty() ? "" : fmt::format(" of {} classes", data.classes.size()));
  }
  return job.objective;
}

Booster::Parameters parameters_of(const TrainJob& job, const TrainingData& data,
                                  const std::string& objective) {
  Booster::Parameters parameters = {{"objective", objective},
                                    {"tree_method", "hist"},
                                    {"max_depth", fmt::format("{}", job.max_depth)},
                                    {"eta", fmt::format("{}", job.learning_rate)},
                                    {"min_child_weight", fmt::format("{}", job.min_child_weight)},
                                    {"subsample", fmt::format("{}", job.row_sample)},
                                    {"colsample_bytree", fmt::format("{}", job.column_sample)},
                                    {"seed", fmt::format("{}", job.seed & 0x7fffffff)},
                                    {"nthread", fmt::format("{}", job.threads)},
                                    {"verbosity", "0"}};
  if (objective.starts_with("multi:")) {
    parameters["num_class"] = fmt::format("{}", data.classes.size());
  }
  return parameters;
}

/// XGBoost's predictions as [rows, classes]: a binary objective gives one probability a row, and
/// multi:softmax gives classes, for which probabilities come from the margins.
Result<std::vector<float>> class_probabilities(const Booster& booster, const DenseRows& rows,
                                               std::size_t classes, const std::string& objective) {
  if (!objective.starts_with("multi:")) {
    TEMPER_TRY(const auto positive, booster.predict(rows, false));
    std::vector<float> both;
    for (const float p : positive) both.insert(both.end(), {1 - p, p});
    return both;
  }
  TEMPER_TRY(auto values, booster.predict(rows, true));
  for (std::size_t first = 0; first < values.size(); first += classes) {
    const auto of_row = std::span(values).subspan(first, classes);
    const float most = *std::ranges::max_element(of_row);
    float sum = 0;
    for (float& value : of_row) sum += value = std::exp(value - most);
    for (float& value : of_row) value /= sum;
  }
  return values;
}

/// Trains on the rows that are not held out and scores on those that are.
Status score_held_out(const TrainJob& job, const TrainingData& data, const HoldOut& split,
                      const Booster::Parameters& parameters, const Progress& progress,
                      TrainReport& report) {
  const Part train = take(data, split.train);
  const auto [least, most] = std::ranges::minmax_element(train.labels);
  if (*least == *most) {
    return fail(ErrorCode::kInvalidArgument,
                "the label '{}' is constant in the {} rows that are not held out",
                job.columns.label, train.labels.size());
  }
  TEMPER_TRY(const Booster booster,
             Booster::train(train.rows(), train.labels, parameters, job.rounds, [&](int done) {
               progress("training on the rows not held out", 100 * done / job.rounds);
             }));
  const Part test = take(data, split.held_out);
  if (data.task == Task::kRegression) {
    TEMPER_TRY(const auto predictions, booster.predict(test.rows(), false));
    TEMPER_TRY(report.number_score, score_numbers(predictions, test.labels));
    return {};
  }
  TEMPER_TRY(const auto probabilities,
             class_probabilities(booster, test.rows(), data.classes.size(), report.objective));
  TEMPER_TRY(report.class_score, score_classes(probabilities, test.labels, data.classes.size()));
  return {};
}

/// Held-out rows where there are any, else the first; and where they lie in the table.
std::vector<std::size_t> rows_to_check(const TrainingData& data, const HoldOut& split) {
  std::vector<std::size_t> rows = split.held_out;
  if (rows.empty()) {
    rows.resize(data.rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
  }
  rows.resize(std::min(rows.size(), kMostCheckedRows));
  return rows;
}

onnx_graph::TreeModel to_model(const TrainJob& job, const TrainingData& data,
                               const TrainReport& report, onnx_graph::TreeEnsemble ensemble) {
  onnx_graph::TreeModel model{.ensemble = std::move(ensemble),
                              .features = data.features,
                              .classes = data.classes,
                              .class_values = data.class_values};
  model.metadata = {{"temper.trainer", "xgboost " + report.trainer_version},
                    {"temper.objective", report.objective},
                    {"temper.label_column", job.columns.label},
                    {"temper.training_rows", fmt::format("{}", report.rows_used)}};
  return model;
}

TrainReport describe(const data::Table& table, const TrainingData& data) {
  TrainReport report;
  report.rows_read = table.rows();
  report.rows_without_label = data.rows_without_label;
  report.rows_without_time = data.rows_without_time;
  report.rows_used = data.rows();
  report.task = data.task;
  report.classes = data.classes;
  for (const auto& feature : data.features) {
    const bool numeric = feature.kind == onnx_graph::TreeFeature::Kind::kNumeric;
    (numeric ? report.numeric_features : report.categorical_features).push_back(feature.name);
  }
  return report;
}

/// The final model, on all rows.
Result<Trained> train_final(const TrainJob& job, const data::Table& table, const TrainingData& data,
                            const HoldOut& split, const Booster::Parameters& parameters,
                            runtime::Runtime& runtime, const Progress& progress,
                            TrainReport report) {
  const DenseRows all{.values = data.values, .feature_count = data.features.size()};
  TEMPER_TRY(const Booster booster,
             Booster::train(all, data.labels, parameters, job.rounds, [&](int done) {
               progress("training on all rows", 100 * done / job.rounds);
             }));
  TEMPER_TRY(const std::string document, booster.to_json());
  TEMPER_TRY(ParsedModel parsed, parse_model_json(document));
  report.trees = parsed.ensemble.trees.size();
  for (const auto& tree : parsed.ensemble.trees) report.nodes += tree.nodes.size();
  const onnx_graph::TreeModel model = to_model(job, data, report, std::move(parsed.ensemble));

  const std::vector<std::size_t> rows = rows_to_check(data, split);
  std::vector<std::size_t> table_rows;
  table_rows.reserve(rows.size());
  for (const std::size_t row : rows) table_rows.push_back(data.table_rows[row]);
  TEMPER_TRY(const auto margins, booster.predict(take(data, rows).rows(), true));
  TEMPER_TRY(report.check, check_model(runtime, model, table, table_rows, margins));
  progress("checked the ONNX file against XGBoost", 100);

  TEMPER_TRY(std::string onnx, write_tree_model(model));
  report.onnx_bytes = onnx.size();
  report.onnx_sha256 = sha256_hex(onnx);
  return Trained{.onnx = std::move(onnx), .report = std::move(report)};
}

}  // namespace

Result<Trained> train(const TrainJob& job, runtime::Runtime& runtime, const Progress& progress) {
  TEMPER_TRY_STATUS(job.validate());
  progress("reading the data", 0);
  TEMPER_TRY(const data::Table table,
             data::read_table(job.data, {.where = job.where,
                                         .memory_bytes = job.memory_bytes / 2,
                                         .threads = job.threads}));
  progress("reading the data", 100);
  TEMPER_TRY(const TrainingData data, prepare_training_data(table, job.columns));
  TrainReport report = describe(table, data);
  TEMPER_TRY(report.trainer_version, version());
  TEMPER_TRY(report.objective, objective_of(job, data));
  const Booster::Parameters parameters = parameters_of(job, data, report.objective);
  Rng rng(job.seed);
  const HoldOut split = hold_out(data.rows(), job.hold_out_share, !job.columns.time.empty(), rng);
  if (!split.held_out.empty()) {
    TEMPER_TRY_STATUS(score_held_out(job, data, split, parameters, progress, report));
  }
  return train_final(job, table, data, split, parameters, runtime, progress, std::move(report));
}

}  // namespace temper::renew::xgboost
