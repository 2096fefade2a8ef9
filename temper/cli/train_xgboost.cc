// temper train xgboost: from a table file to an ONNX model, and how good it is.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "temper/cli/commands.h"
#include "temper/profile/units.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

namespace temper::cli {
namespace {

using renew::xgboost::TrainJob;
using renew::xgboost::TrainReport;

struct TrainFlags {
  std::string data;
  std::string out;
  std::string columns;
  std::string exclude;
  std::string task;
  std::int64_t rounds = 200;
  std::int64_t max_depth = 6;
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  std::int64_t max_categories = 1000;
  std::string memory_limit = "4GiB";
  TrainJob job{.data = {}, .columns = {.label = {}}};
  std::string output;
};

/// "a,b" as its parts; nothing for an empty text.
std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

Result<TrainJob> job_of(const TrainFlags& flags) {
  TrainJob job = flags.job;
  job.data = flags.data;
  job.columns.columns = split_names(flags.columns);
  job.columns.exclude = split_names(flags.exclude);
  if (flags.task == "classification") job.columns.task = renew::Task::kClassification;
  if (flags.task == "regression") job.columns.task = renew::Task::kRegression;
  if (flags.max_categories < 1) {
    return fail(ErrorCode::kInvalidArgument, "max categories is {}; expected 1 or more",
                flags.max_categories);
  }
  job.columns.max_categories = static_cast<std::size_t>(flags.max_categories);
  // Out-of-range numbers become ones that `validate` refuses.
  const auto narrow = [](std::int64_t value) {
    return static_cast<int>(std::clamp<std::int64_t>(value, -1, 1'000'000));
  };
  job.rounds = narrow(flags.rounds);
  job.max_depth = narrow(flags.max_depth);
  job.seed = static_cast<std::uint64_t>(flags.seed);
  const auto processors = std::max(1U, std::min(256U, std::thread::hardware_concurrency()));
  job.threads = flags.threads == 0 ? static_cast<int>(processors) : narrow(flags.threads);
  TEMPER_TRY(job.memory_bytes, profile::parse_size(flags.memory_limit));
  TEMPER_TRY_STATUS(job.validate());
  return job;
}

void print_score(const TrainReport& report) {
  if (report.class_score) {
    const auto& score = *report.class_score;
    fmt::print("held out:  {} rows: accuracy {:.4f} (always the most frequent class: {:.4f}),\n",
               score.rows, score.accuracy, score.majority_share);
    fmt::print("           log-loss {:.4f} (base rates: {:.4f}), skill {:.3f}\n", score.log_loss,
               score.base_log_loss, score.skill);
  } else if (report.number_score) {
    const auto& score = *report.number_score;
    fmt::print("held out:  {} rows: rmse {:.6g} (always the mean: {:.6g}),\n", score.rows,
               score.rmse, score.base_rmse);
    fmt::print("           mean absolute error {:.6g}, skill (R squared) {:.3f}\n",
               score.mean_absolute_error, score.skill);
  } else {
    fmt::print("held out:  none\n");
  }
}

void print_report(const TrainReport& report, const TrainFlags& flags) {
  fmt::print("rows:      {} read, {} trained on", report.rows_read, report.rows_used);
  if (report.rows_without_label > 0) {
    fmt::print("; dropped: {} without the label '{}' ({:.1f} %)", report.rows_without_label,
               flags.job.columns.label,
               100.0 * static_cast<double>(report.rows_without_label) /
                   static_cast<double>(report.rows_read));
  }
  if (report.rows_without_time > 0) {
    fmt::print("; dropped: {} without a time", report.rows_without_time);
  }
  fmt::print("\nmodel:     {} by {} (XGBoost {}), {} trees, {} nodes\n",
             renew::task_name(report.task), report.objective, report.trainer_version, report.trees,
             report.nodes);
  fmt::print("features:  {} numeric, {} categorical", report.numeric_features.size(),
             report.categorical_features.size());
  if (!report.classes.empty()) fmt::print("; {} classes", report.classes.size());
  fmt::print("\n");
  print_score(report);
  fmt::print("checked:   {} rows through ONNX Runtime, margins within {:.1e} of XGBoost's\n",
             report.check.rows, report.check.largest_relative_difference);
  fmt::print("written:   {} ({} bytes, sha256 {})\n", flags.out, report.onnx_bytes,
             report.onnx_sha256);
}

int run(const TrainFlags& flags) {
  const auto job = job_of(flags);
  if (!job) return report_error(job.error(), flags.output);
  const auto report = renew::xgboost::train_in_child(*job, flags.out);
  if (!report) return report_error(report.error(), flags.output);
  if (flags.output == "json") {
    fmt::print("{}\n", to_json(*report));
  } else {
    print_report(*report, flags);
  }
  return kOk;
}

void declare_columns(Options& options, TrainFlags& flags) {
  options.text(flags.data, "--data", "CSV, Parquet or JSON file");
  options.required();
  options.text(flags.job.columns.label, "--label", "column to predict");
  options.required();
  options.text(flags.out, "--out", "ONNX file to write");
  options.required();
  options.text(flags.columns, "--columns", "features, a,b,c; all other columns where not given");
  options.text(flags.exclude, "--exclude", "columns that are no features, a,b,c");
  options.text(flags.job.columns.time, "--time",
               "column of the rows' time: the last rows are held out, not random ones");
  options.text(flags.job.where, "--where", "SQL condition for the rows to use");
  options.text(flags.task, "--task", "told from the label where not given");
  options.one_of({"classification", "regression"});
  options.integer(flags.max_categories, "--max-categories",
                  "most distinct texts in a column that is a feature");
}

void declare_training(Options& options, TrainFlags& flags) {
  options.text(
      flags.job.objective, "--objective",
      "XGBoost's objective; binary:logistic, multi:softprob or reg:squarederror by the task");
  options.integer(flags.rounds, "--rounds", "trees, for each class where there are several");
  options.integer(flags.max_depth, "--max-depth", "levels of a tree");
  options.number(flags.job.learning_rate, "--learning-rate", "share of each tree that is added");
  options.number(flags.job.min_child_weight, "--min-child-weight", "least weight of a leaf");
  options.number(flags.job.row_sample, "--row-sample", "share of the rows each tree sees");
  options.number(flags.job.column_sample, "--column-sample", "share of the columns each tree sees");
  options.number(flags.job.hold_out_share, "--holdout",
                 "share of the rows to score on; the final model is trained on all");
  options.integer(flags.seed, "--seed", "of every random choice");
  options.integer(flags.threads, "--threads", "0 = one a processor");
  options.text(flags.memory_limit, "--memory-limit", "of the training process: 512MiB, 4GiB");
}

}  // namespace

Command train_xgboost_command() {
  return {.path = "train xgboost",
          .summary = "Train gradient-boosted trees on a table and write them as ONNX",
          .examples = {"temper train xgboost --data flights.parquet --label late --time event_time "
                       "--out flights.onnx",
                       "temper train xgboost --data houses.csv --label price --exclude id --out "
                       "houses.onnx --output json"},
          .declare = [](Options& options) -> Action {
            const auto flags = std::make_shared<TrainFlags>();
            declare_columns(options, *flags);
            declare_training(options, *flags);
            declare_output(options, flags->output);
            return [flags] { return run(*flags); };
          },
          .hidden = false};
}

}  // namespace temper::cli
