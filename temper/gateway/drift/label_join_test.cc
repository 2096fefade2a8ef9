#include "temper/gateway/drift/label_join.h"

#include <gtest/gtest.h>

#include <atomic>

#include "temper/core/file.h"
#include "temper/record/stores/memory/memory_store.h"

namespace temper::gateway {
namespace {

record::PredictionRecord prediction(const std::string& id, std::vector<std::int64_t> labels) {
  record::PredictionRecord record;
  record.prediction_id = id;
  record.model = "m";
  record.version = 1;
  record.tenant = "default";
  record.event_time_ns = 5;
  record.rows = static_cast<std::int64_t>(labels.size());
  record.served_by = "model";
  record.outputs.push_back(
      {.name = "label",
       .datatype = "INT64",
       .shape = {record.rows},
       .bytes = std::string(reinterpret_cast<const char*>(labels.data()), labels.size() * 8)});
  return record;
}

TEST(AnsweredClassTest, ReadsTheLabelOutputOfARow) {
  const record::PredictionRecord record = prediction("a", {0, 7});
  const registry::OutputRoles roles{
      .task = {}, .label_output = "label", .probability_output = {}, .positive_class = {}};
  EXPECT_EQ(answered_class(record, 1, roles), "7");
  EXPECT_EQ(answered_class(record, 2, roles), std::nullopt);
  EXPECT_EQ(answered_class(record, -1, roles), std::nullopt);
  EXPECT_EQ(answered_class(record, 0, {}), std::nullopt);
  record::PredictionRecord cut = record;
  cut.outputs[0].bytes.resize(3);
  EXPECT_EQ(answered_class(cut, 0, roles), std::nullopt);
}

/// A registry in which m:1 answers classes in its output "label".
class LabelJoinTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace(TemporaryFolder::create("label-join").value());
    auto registry = registry::Registry::open(folder_->path()).value();
    const std::string file = folder_->path() / "model.bin";
    ASSERT_TRUE(write_file_atomically(file, "anything"));
    registry::NewVersion version;
    version.model = "m";
    version.probe.signature.outputs = {
        {.name = "label", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {"N"}}};
    version.roles.label_output = "label";
    auto staged = registry.stage(file);
    ASSERT_TRUE(staged) << staged.error().message;
    const auto added = registry.add(std::move(version), std::move(*staged));
    ASSERT_TRUE(added) << added.error().message;
    store_ = std::move(*stores::MemoryStore::create({}));
    join_ = std::make_unique<LabelJoin>(
        *store_, std::move(registry),
        [this](const JudgedRow& row) { (row.correct ? correct_ : wrong_).fetch_add(1); }, metrics_,
        "t", system_clock_instance());
  }
  void offer(const std::string& id, std::int64_t row, const std::string& label) {
    const std::vector<stores::FeedbackRecord> labels = {
        {.prediction_id = id, .row = row, .label = label, .observed_at_ns = 1, .source = "s"}};
    join_->offer(labels);
  }
  static void wait_for(const std::atomic<int>& count, int value) {
    while (count.load() < value) sleep_for(std::chrono::milliseconds(1));
  }

  std::optional<TemporaryFolder> folder_;
  std::unique_ptr<stores::MemoryStore> store_;
  metrics::Registry metrics_;
  std::atomic<int> correct_{0};
  std::atomic<int> wrong_{0};
  std::unique_ptr<LabelJoin> join_;
};

TEST_F(LabelJoinTest, JudgesEachRowOnce) {
  const std::vector<record::PredictionRecord> records = {prediction("a", {0, 1})};
  ASSERT_TRUE(store_->insert_predictions(records));
  offer("a", 0, "0");
  offer("a", 0, "0");
  offer("a", 1, "0");
  wait_for(wrong_, 1);
  EXPECT_EQ(correct_.load(), 1);
  join_.reset();
  EXPECT_EQ(correct_.load(), 1);
  EXPECT_EQ(wrong_.load(), 1);
}

TEST_F(LabelJoinTest, ALabelWaitsForItsPrediction) {
  offer("late", 0, "3");
  const std::vector<record::PredictionRecord> other = {prediction("a", {0})};
  ASSERT_TRUE(store_->insert_predictions(other));
  offer("a", 0, "0");
  wait_for(correct_, 1);
  const std::vector<record::PredictionRecord> records = {prediction("late", {3})};
  ASSERT_TRUE(store_->insert_predictions(records));
  wait_for(correct_, 2);
  EXPECT_EQ(metrics_.counter("t_labels_unmatched_total", "").value(), 0U);
}

TEST_F(LabelJoinTest, WhatCannotBeComparedIsCounted) {
  record::PredictionRecord bare = prediction("a", {0});
  bare.outputs.clear();
  const std::vector<record::PredictionRecord> records = {bare, prediction("b", {0})};
  ASSERT_TRUE(store_->insert_predictions(records));
  offer("a", 0, "0");
  offer("b", 0, "0");
  wait_for(correct_, 1);
  EXPECT_EQ(metrics_.counter("t_labels_unmatched_total", "").value(), 1U);
}

}  // namespace
}  // namespace temper::gateway
