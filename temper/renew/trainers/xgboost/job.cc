#include <nlohmann/json.hpp>

#include "temper/renew/trainers/xgboost/model_json.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

namespace temper::renew::xgboost {
namespace {

using Json = nlohmann::ordered_json;

Json task_json(const std::optional<Task>& task) {
  return task ? Json(std::string(task_name(*task))) : Json(nullptr);
}

Task parse_task(const Json& json) {
  return json.get<std::string>() == "regression" ? Task::kRegression : Task::kClassification;
}

Json score_json(const TrainReport& report) {
  if (report.class_score) {
    const ClassificationScore& score = *report.class_score;
    return {{"rows", score.rows},
            {"accuracy", score.accuracy},
            {"majority_share", score.majority_share},
            {"log_loss", score.log_loss},
            {"base_log_loss", score.base_log_loss},
            {"skill", score.skill}};
  }
  if (report.number_score) {
    const RegressionScore& score = *report.number_score;
    return {{"rows", score.rows},
            {"rmse", score.rmse},
            {"mean_absolute_error", score.mean_absolute_error},
            {"base_rmse", score.base_rmse},
            {"skill", score.skill}};
  }
  return nullptr;
}

void parse_score(const Json& json, TrainReport& report) {
  if (json.is_null()) return;
  if (report.task == Task::kRegression) {
    report.number_score = {.rows = json.at("rows"),
                           .rmse = json.at("rmse"),
                           .mean_absolute_error = json.at("mean_absolute_error"),
                           .base_rmse = json.at("base_rmse"),
                           .skill = json.at("skill")};
    return;
  }
  report.class_score = {.rows = json.at("rows"),
                        .accuracy = json.at("accuracy"),
                        .majority_share = json.at("majority_share"),
                        .log_loss = json.at("log_loss"),
                        .base_log_loss = json.at("base_log_loss"),
                        .skill = json.at("skill")};
}

}  // namespace

Status TrainJob::validate() const {
  const auto bad = [](std::string_view field, const auto& value, std::string_view range) {
    return fail(ErrorCode::kInvalidArgument, "{} is {}; expected {}", field, value, range);
  };
  if (columns.label.empty()) return fail(ErrorCode::kInvalidArgument, "no label column is named");
  if (columns.label == columns.time) {
    return fail(ErrorCode::kInvalidArgument, "'{}' cannot be both label and time", columns.label);
  }
  if (!objective.empty()) TEMPER_TRY_STATUS(link_of(objective));
  if (rounds < 1 || rounds > 10'000) return bad("rounds", rounds, "1 to 10000");
  if (max_depth < 1 || max_depth > 16) return bad("max depth", max_depth, "1 to 16");
  if (!(learning_rate > 0 && learning_rate <= 1)) {
    return bad("learning rate", learning_rate, "above 0, at most 1");
  }
  if (!(min_child_weight >= 0)) return bad("min child weight", min_child_weight, "0 or more");
  if (!(row_sample > 0 && row_sample <= 1)) {
    return bad("row sample", row_sample, "above 0, at most 1");
  }
  if (!(column_sample > 0 && column_sample <= 1)) {
    return bad("column sample", column_sample, "above 0, at most 1");
  }
  if (!(hold_out_share >= 0 && hold_out_share < 1)) {
    return bad("hold-out share", hold_out_share, "0 or more, below 1");
  }
  if (threads < 1 || threads > 256) return bad("threads", threads, "1 to 256");
  constexpr std::uint64_t kLeastMemory = std::uint64_t{256} << 20;
  if (memory_bytes < kLeastMemory) {
    return bad("memory limit", fmt::format("{} bytes", memory_bytes), "256 MiB or more");
  }
  return {};
}

std::string to_json(const TrainJob& job) {
  const TrainingDataConfig& columns = job.columns;
  return Json{{"data", job.data.string()},
              {"where", job.where},
              {"label", columns.label},
              {"columns", columns.columns},
              {"exclude", columns.exclude},
              {"time", columns.time},
              {"task", task_json(columns.task)},
              {"max_integer_classes", columns.max_integer_classes},
              {"max_classes", columns.max_classes},
              {"max_categories", columns.max_categories},
              {"objective", job.objective},
              {"rounds", job.rounds},
              {"max_depth", job.max_depth},
              {"learning_rate", job.learning_rate},
              {"min_child_weight", job.min_child_weight},
              {"row_sample", job.row_sample},
              {"column_sample", job.column_sample},
              {"hold_out_share", job.hold_out_share},
              {"seed", job.seed},
              {"threads", job.threads},
              {"memory_bytes", job.memory_bytes}}
      .dump();
}

Result<TrainJob> parse_train_job(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    TrainJob job{.data = json.at("data").get<std::string>(),
                 .columns = {.label = json.at("label")}};
    job.where = json.at("where");
    job.columns.columns = json.at("columns").get<std::vector<std::string>>();
    job.columns.exclude = json.at("exclude").get<std::vector<std::string>>();
    job.columns.time = json.at("time");
    if (!json.at("task").is_null()) job.columns.task = parse_task(json.at("task"));
    job.columns.max_integer_classes = json.at("max_integer_classes");
    job.columns.max_classes = json.at("max_classes");
    job.columns.max_categories = json.at("max_categories");
    job.objective = json.at("objective");
    job.rounds = json.at("rounds");
    job.max_depth = json.at("max_depth");
    job.learning_rate = json.at("learning_rate");
    job.min_child_weight = json.at("min_child_weight");
    job.row_sample = json.at("row_sample");
    job.column_sample = json.at("column_sample");
    job.hold_out_share = json.at("hold_out_share");
    job.seed = json.at("seed");
    job.threads = json.at("threads");
    job.memory_bytes = json.at("memory_bytes");
    return job;
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "not a training job: {}", error.what());
  }
}

std::string to_json(const TrainReport& report) {
  return Json{
      {"trainer", "xgboost"},
      {"trainer_version", report.trainer_version},
      {"task", std::string(task_name(report.task))},
      {"objective", report.objective},
      {"rows",
       {{"read", report.rows_read},
        {"without_label", report.rows_without_label},
        {"without_time", report.rows_without_time},
        {"used", report.rows_used}}},
      {"classes", report.classes},
      {"features",
       {{"numeric", report.numeric_features}, {"categorical", report.categorical_features}}},
      {"held_out", score_json(report)},
      {"trees", report.trees},
      {"nodes", report.nodes},
      {"check",
       {{"rows", report.check.rows},
        {"largest_relative_difference", report.check.largest_relative_difference}}},
      {"onnx", {{"bytes", report.onnx_bytes}, {"sha256", report.onnx_sha256}}}}
      .dump();
}

Result<TrainReport> parse_train_report(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    TrainReport report;
    report.trainer_version = json.at("trainer_version");
    report.task = parse_task(json.at("task"));
    report.objective = json.at("objective");
    report.rows_read = json.at("rows").at("read");
    report.rows_without_label = json.at("rows").at("without_label");
    report.rows_without_time = json.at("rows").at("without_time");
    report.rows_used = json.at("rows").at("used");
    report.classes = json.at("classes").get<std::vector<std::string>>();
    report.numeric_features = json.at("features").at("numeric").get<std::vector<std::string>>();
    report.categorical_features =
        json.at("features").at("categorical").get<std::vector<std::string>>();
    parse_score(json.at("held_out"), report);
    report.trees = json.at("trees");
    report.nodes = json.at("nodes");
    report.check.rows = json.at("check").at("rows");
    report.check.largest_relative_difference = json.at("check").at("largest_relative_difference");
    report.onnx_bytes = json.at("onnx").at("bytes");
    report.onnx_sha256 = json.at("onnx").at("sha256");
    return report;
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalidArgument, "not a training report: {}", error.what());
  }
}

}  // namespace temper::renew::xgboost
