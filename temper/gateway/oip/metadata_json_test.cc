#include "temper/gateway/oip/metadata_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace temper::oip {
namespace {

Signature signature() {
  Signature made;
  made.inputs = {
      {.name = "x", .datatype = DataType::kFp32, .shape = {-1, 4}, .dimension_names = {}},
      {.name = "w", .datatype = DataType::kBytes, .shape = {-1}, .dimension_names = {}}};
  made.outputs = {
      {.name = "y", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}}};
  return made;
}

TEST(MetadataJsonTest, TheBatchDimensionIsLeftOutOfABatchedConfiguration) {
  ModelConfig config{.name = "m",
                     .platform = "p",
                     .backend = "b",
                     .max_batch_size = 16,
                     .max_queue_delay_us = 5000,
                     .instance_count = 2,
                     .signature = signature()};
  auto json = nlohmann::json::parse(model_config_json(config));
  EXPECT_EQ(json["input"][0]["dims"], nlohmann::json::parse("[4]"));
  EXPECT_EQ(json["input"][1]["data_type"], "TYPE_STRING");
  EXPECT_EQ(json["dynamic_batching"]["max_queue_delay_microseconds"], 5000);
  config.max_batch_size = 0;
  json = nlohmann::json::parse(model_config_json(config));
  EXPECT_EQ(json["input"][0]["dims"], nlohmann::json::parse("[-1,4]"));
  EXPECT_FALSE(json.contains("dynamic_batching"));
}

TEST(MetadataJsonTest, StatisticsHaveTritonsNames) {
  ModelStatistics model;
  model.name = "m";
  model.success = {.count = 3, .ns = 100};
  model.batches.emplace_back();
  model.batches.back().batch_size = 4;
  const std::vector<ModelStatistics> models{model};
  const auto json = nlohmann::json::parse(statistics_json(models));
  EXPECT_EQ(json["model_stats"][0]["inference_stats"]["success"]["count"], 3);
  EXPECT_EQ(json["model_stats"][0]["batch_stats"][0]["batch_size"], 4);
}

TEST(MetadataJsonTest, AnythingInAReasonIsStillJson) {
  const std::vector<RepositoryEntry> entries{
      {.name = "m", .version = "1", .state = "UNAVAILABLE", .reason = "bad \xff \"quoted\""}};
  const auto json = nlohmann::json::parse(repository_index_json(entries));
  EXPECT_EQ(json[0]["state"], "UNAVAILABLE");
}

}  // namespace
}  // namespace temper::oip
