// Gradient-boosted trees from a table file to an ONNX file that serves them.
//
// Decides which rows and columns are trained on, holds rows out to say how good the model is,
// trains by XGBoost, writes the trees as ONNX and refuses to hand out a file whose answers are not
// those of the trainer. Runs in a child process of this program with a memory limit, so that
// training can neither crash nor bloat whoever asked for it. Read this file, then train.cc,
// ../training_data.h, model_json.h, ../model_check.h; child.cc last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/runtime/runtime.h"
#include "temper/renew/trainers/held_out_score.h"
#include "temper/renew/trainers/model_check.h"
#include "temper/renew/trainers/training_data.h"

namespace temper::renew::xgboost {

struct TrainJob {
  /// CSV, Parquet or JSON.
  std::filesystem::path data;
  /// An SQL condition over its columns; empty = all rows.
  std::string where = {};
  TrainingDataConfig columns;
  /// XGBoost's name; empty = binary:logistic, multi:softprob or reg:squarederror by the task.
  std::string objective = {};
  /// Trees per target, 1 to 10,000.
  int rounds = 200;
  /// Levels of splits, 1 to 16.
  int max_depth = 6;
  /// (0, 1].
  double learning_rate = 0.1;
  /// Least hessian weight of a leaf, >= 0.
  double min_child_weight = 1;
  /// Share of rows and of columns each tree sees, (0, 1].
  double row_sample = 1;
  double column_sample = 1;
  /// Share of rows held out to score on, [0, 1); the last ones by time where there is a time
  /// column.
  double hold_out_share = 0.2;
  std::uint64_t seed = 1;
  /// 1 to 256.
  int threads = 2;
  /// Of the child's private memory; at least 256 MiB.
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;

  /// Errors: kInvalidArgument naming the field.
  [[nodiscard]] Status validate() const;
};

struct TrainReport {
  std::string trainer_version;
  std::size_t rows_read = 0;
  std::size_t rows_without_label = 0;
  std::size_t rows_without_time = 0;
  /// Labelled rows: the final model is trained on all of them.
  std::size_t rows_used = 0;
  Task task = Task::kClassification;
  std::string objective;
  std::vector<std::string> classes;
  std::vector<std::string> numeric_features;
  std::vector<std::string> categorical_features;
  /// Of a model trained on the rows that were not held out; one of them by the task, none without
  /// held-out rows.
  std::optional<ClassificationScore> class_score;
  std::optional<RegressionScore> number_score;
  std::size_t trees = 0;
  std::size_t nodes = 0;
  /// Against XGBoost's own margins, on held-out rows where there are any.
  ModelCheckReport check;
  std::uint64_t onnx_bytes = 0;
  std::string onnx_sha256;
};

[[nodiscard]] std::string to_json(const TrainJob& job);
[[nodiscard]] Result<TrainJob> parse_train_job(std::string_view json);
[[nodiscard]] std::string to_json(const TrainReport& report);
[[nodiscard]] Result<TrainReport> parse_train_report(std::string_view json);

/// Told what is being done and how far it is, in per cent.
using Progress = std::function<void(std::string_view step, int percent)>;

struct Trained {
  std::string onnx;
  TrainReport report;
};

/// Trains in this process. Errors: as `read_table`, `prepare_training_data` and `Booster::train`;
/// kInternal when the ONNX file does not answer what XGBoost answers. Same job, same file.
[[nodiscard]] Result<Trained> train(const TrainJob& job, runtime::Runtime& runtime,
                                    const Progress& progress);

/// Trains in a child process and writes the model to `out` as one step, only after its check
/// passed. Progress goes to stderr. Errors: as `train`; kResourceExhausted when the child ends at
/// its memory limit.
[[nodiscard]] Result<TrainReport> train_in_child(const TrainJob& job,
                                                 const std::filesystem::path& out);

using RuntimeFactory = std::function<Result<std::unique_ptr<runtime::Runtime>>()>;

/// What the child, `temper trainer FOLDER`, does: the folder holds the job and gets model and
/// result. Gives the exit status.
int run_child(const std::filesystem::path& folder, const RuntimeFactory& make_runtime);

}  // namespace temper::renew::xgboost
