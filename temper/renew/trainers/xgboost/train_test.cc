#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <optional>

#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/model/onnx/inspect.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/renew/trainers/xgboost/xgboost.h"

namespace temper::renew::xgboost {
namespace {

class TrainTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::create("temper-train-test");
    ASSERT_TRUE(folder) << folder.error().message;
    folder_.emplace(std::move(*folder));
    auto runtime = runtime::create_onnxruntime();
    ASSERT_TRUE(runtime) << runtime.error().message;
    runtime_ = std::move(*runtime);
  }

  TrainJob job(const std::string& csv, std::string label) {
    const auto path = folder_->path() / "data.csv";
    std::ofstream(path) << csv;
    TrainJob job{.data = path, .columns = {.label = std::move(label)}};
    job.rounds = 20;
    job.max_depth = 3;
    job.threads = 1;
    return job;
  }

  Result<Trained> trained(const TrainJob& job) {
    return train(job, *runtime_, [](std::string_view, int) {});
  }

  std::string error_of(const TrainJob& job) {
    const auto result = trained(job);
    return result ? "(none)" : result.error().message;
  }

  std::optional<TemporaryFolder> folder_;
  std::unique_ptr<runtime::Runtime> runtime_;
};

/// Late when the delay is over 15 or the carrier is bad; some of everything missing.
std::string flights_csv(int rows) {
  Rng rng(5);
  std::string csv = "at,carrier,delay,hour,late,minutes,verdict\n";
  for (int row = 0; row < rows; ++row) {
    const bool bad = rng.uniform() < 0.3;
    const double delay = rng.normal() * 20;
    const bool late = delay > 15 || bad;
    csv += fmt::format("2013-01-{:02}T00:00:00Z,{},{},{},{},{:.2f},{}\n", 1 + row * 28 / rows,
                       rng.uniform() < 0.05 ? "" : (bad ? "bad" : "good"),
                       rng.uniform() < 0.05 ? "" : fmt::format("{:.1f}", delay), row % 24,
                       rng.uniform() < 0.02 ? "" : (late ? "1" : "0"), delay + (bad ? 100 : 0),
                       delay > 30 ? "very late" : (late ? "late" : "on time"));
  }
  return csv;
}

TEST_F(TrainTest, TrainsABinaryClassifierBetterThanTheBaseRates) {
  TrainJob task = job(flights_csv(1000), "late");
  task.columns.columns = {"carrier", "delay", "hour"};
  task.columns.time = "at";
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  const TrainReport& report = result->report;
  EXPECT_EQ(report.objective, "binary:logistic");
  EXPECT_EQ(report.rows_read, 1000U);
  EXPECT_GT(report.rows_without_label, 0U);
  EXPECT_EQ(report.rows_used + report.rows_without_label, 1000U);
  EXPECT_EQ(report.categorical_features, std::vector<std::string>{"carrier"});
  ASSERT_TRUE(report.class_score);
  EXPECT_GT(report.class_score->accuracy, 0.9);
  EXPECT_GT(report.class_score->skill, 0.5);
  EXPECT_LE(report.check.largest_relative_difference, 1e-5);
  EXPECT_EQ(report.check.rows, report.class_score->rows);
}

TEST_F(TrainTest, WritesAModelThatTakesColumnsAsTheyAre) {
  TrainJob task = job(flights_csv(1000), "late");
  task.columns.columns = {"carrier", "delay"};
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  const auto file = folder_->path() / "model.onnx";
  std::ofstream(file, std::ios::binary) << result->onnx;
  auto instance = (*runtime_).load({.artifact = file});
  ASSERT_TRUE(instance) << instance.error().message;
  const auto label_of = [&instance](const std::string& carrier, float delay) {
    const std::vector<Tensor> inputs = {
        Tensor::of_strings({1, 1}, std::vector<std::string>{carrier}),
        Tensor::copy_of(DataType::kFp32, {1, 1}, std::as_bytes(std::span(&delay, 1)))};
    const std::size_t label = (*instance)->signature().output_index("label").value();
    const auto outputs = (*instance)->run({.inputs = inputs, .outputs = {&label, 1}});
    EXPECT_TRUE(outputs) << outputs.error().message;
    std::int64_t value = -1;
    if (outputs) std::memcpy(&value, (*outputs)[0].data.data(), sizeof value);
    return value;
  };
  EXPECT_EQ(label_of("good", 0), 0);
  EXPECT_EQ(label_of("good", 40), 1);
  EXPECT_EQ(label_of("bad", 0), 1);
  EXPECT_EQ(label_of("never seen", 40), 1) << "an unknown category is a missing value";
}

TEST_F(TrainTest, GivesTheSameFileForTheSameJob) {
  TrainJob task = job(flights_csv(500), "late");
  task.columns.columns = {"carrier", "delay", "hour"};
  task.row_sample = 0.7;
  const auto first = trained(task);
  const auto second = trained(task);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->onnx, second->onnx);
  task.seed = 2;
  const auto other = trained(task);
  ASSERT_TRUE(other);
  EXPECT_NE(first->onnx, other->onnx);
}

TEST_F(TrainTest, TrainsSeveralClassesFromText) {
  TrainJob task = job(flights_csv(1000), "verdict");
  task.columns.columns = {"carrier", "delay"};
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->report.objective, "multi:softprob");
  EXPECT_EQ(result->report.classes, (std::vector<std::string>{"late", "on time", "very late"}));
  EXPECT_GT(result->report.class_score->accuracy, 0.9);
}

TEST_F(TrainTest, TrainsRegressionAndOtherObjectives) {
  TrainJob task = job(flights_csv(1000), "minutes");
  task.columns.columns = {"carrier", "delay"};
  task.rounds = 60;
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->report.objective, "reg:squarederror");
  ASSERT_TRUE(result->report.number_score);
  EXPECT_GT(result->report.number_score->skill, 0.8);
  task.objective = "reg:absoluteerror";
  EXPECT_TRUE(trained(task));
}

TEST_F(TrainTest, TrainsOnTheRowsThatMeetTheCondition) {
  TrainJob task = job(flights_csv(1000), "late");
  task.columns.columns = {"delay"};
  task.where = "hour < 12";
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_LT(result->report.rows_read, 600U);
}

TEST_F(TrainTest, WithoutHeldOutRowsItScoresNothingAndStillChecks) {
  TrainJob task = job(flights_csv(300), "late");
  task.columns.columns = {"delay"};
  task.hold_out_share = 0;
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(result->report.class_score);
  EXPECT_EQ(result->report.check.rows, result->report.rows_used);
}

TEST_F(TrainTest, RefusesWhatDoesNotFit) {
  TrainJob task = job(flights_csv(100), "late");
  task.columns.columns = {"delay"};
  task.objective = "reg:squarederror";
  EXPECT_NE(error_of(task).find("does not fit classification of 2 classes"), std::string::npos);
  task.objective = "rank:ndcg";
  EXPECT_NE(error_of(task).find("objective 'rank:ndcg'"), std::string::npos);
  task.objective = "";
  task.columns.label = "nothing";
  EXPECT_NE(error_of(task).find("there is no column 'nothing'"), std::string::npos);
  task = job("x,y\n1,0\n2,0\n3,1\n", "y");
  task.columns.time = "x";
  task.columns.columns = {"x"};
  EXPECT_NE(error_of(task).find("constant in the 2 rows that are not held out"), std::string::npos);
  task = job("x,y\n1,-5\n2,7\n3,9.5\n4,1\n5,2\n6,3\n", "y");
  task.objective = "count:poisson";
  EXPECT_NE(error_of(task).find("XGBoost: "), std::string::npos) << error_of(task);
}

TEST_F(TrainTest, RefusesJobsOutOfRange) {
  const TrainJob good = job(flights_csv(10), "late");
  const auto message = [&good](auto change) {
    TrainJob task = good;
    change(task);
    const Status status = task.validate();
    return status ? std::string("(none)") : status.error().message;
  };
  EXPECT_EQ(message([](TrainJob&) {}), "(none)");
  EXPECT_EQ(message([](TrainJob& t) { t.rounds = 0; }), "rounds is 0; expected 1 to 10000");
  EXPECT_NE(message([](TrainJob& t) { t.max_depth = 17; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.learning_rate = 0; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.row_sample = 1.1; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.hold_out_share = 1; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.threads = 0; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.memory_bytes = 1 << 20; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.columns.label = ""; }), "(none)");
  EXPECT_NE(message([](TrainJob& t) { t.columns.time = "late"; }), "(none)");
}

TEST_F(TrainTest, JobsAndReportsSurviveTheWayThroughJson) {
  TrainJob task = job(flights_csv(300), "late");
  task.columns.columns = {"carrier", "delay"};
  task.columns.exclude = {"hour"};
  task.columns.time = "at";
  task.columns.task = Task::kClassification;
  task.where = "hour < \"20\"";
  task.objective = "binary:logistic";
  task.learning_rate = 0.3;
  task.seed = std::uint64_t{1} << 63;
  const auto parsed = parse_train_job(to_json(task));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(to_json(*parsed), to_json(task));
  EXPECT_FALSE(parse_train_job("{}"));

  task.where = "";
  task.seed = 1;
  const auto result = trained(task);
  ASSERT_TRUE(result) << result.error().message;
  const auto report = parse_train_report(to_json(result->report));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(to_json(*report), to_json(result->report));
  EXPECT_FALSE(parse_train_report("[]"));
}

}  // namespace
}  // namespace temper::renew::xgboost
