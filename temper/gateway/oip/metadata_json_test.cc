#include "temper/gateway/oip/metadata_json.h"

#include <gtest/gtest.h>

#include <array>

namespace temper::oip {
namespace {

Signature two_tensors() {
  return {.inputs = {{.name = "x",
                      .datatype = DataType::kFp32,
                      .shape = {-1, 50},
                      .dimension_names = {"N", ""}}},
          .outputs = {{.name = "label",
                       .datatype = DataType::kBytes,
                       .shape = {-1},
                       .dimension_names = {"N"}}}};
}

TEST(MetadataJsonTest, ServerMetadataListsItsExtensions) {
  EXPECT_EQ(server_metadata_json({.name = "temper", .version = "0.1", .extensions = {"a", "b"}}),
            R"({"name":"temper","version":"0.1","extensions":["a","b"]})");
  EXPECT_EQ(server_metadata_json({.name = "t", .version = "", .extensions = {}}),
            R"({"name":"t","version":"","extensions":[]})");
}

TEST(MetadataJsonTest, ModelMetadataShowsWholeShapes) {
  EXPECT_EQ(model_metadata_json({.name = "m",
                                 .versions = {"1", "2"},
                                 .platform = "onnxruntime_onnx",
                                 .signature = two_tensors(),
                                 .properties = {}}),
            R"({"name":"m","versions":["1","2"],"platform":"onnxruntime_onnx",)"
            R"("inputs":[{"name":"x","datatype":"FP32","shape":[-1,50]}],)"
            R"("outputs":[{"name":"label","datatype":"BYTES","shape":[-1]}]})");
}

TEST(MetadataJsonTest, ModelMetadataCarriesProperties) {
  const std::string text = model_metadata_json({.name = "m",
                                                .versions = {},
                                                .platform = "p",
                                                .signature = {},
                                                .properties = {{"batching", "off: \"why\""}}});
  EXPECT_TRUE(text.ends_with(R"("properties":{"batching":"off: \"why\""}})")) << text;
}

TEST(MetadataJsonTest, ConfigurationLeavesOutTheBatchDimensionOnlyWhereRowsShareRuns) {
  ModelConfig config{.name = "m",
                     .platform = "onnxruntime_onnx",
                     .backend = "onnxruntime",
                     .max_batch_size = 8,
                     .max_queue_delay_us = 100,
                     .instance_count = 1,
                     .signature = two_tensors()};
  EXPECT_EQ(
      model_config_json(config),
      R"({"name":"m","platform":"onnxruntime_onnx","backend":"onnxruntime","max_batch_size":8,)"
      R"("input":[{"name":"x","data_type":"TYPE_FP32","dims":[50]}],)"
      R"("output":[{"name":"label","data_type":"TYPE_STRING","dims":[]}],)"
      R"("instance_group":[{"name":"m","kind":"KIND_CPU","count":1}],)"
      R"("dynamic_batching":{"max_queue_delay_microseconds":100}})");
  config.max_batch_size = 0;
  const std::string whole = model_config_json(config);
  EXPECT_NE(whole.find(R"("dims":[-1,50])"), std::string::npos);
  EXPECT_EQ(whole.find("dynamic_batching"), std::string::npos);
}

TEST(MetadataJsonTest, StatisticsUseTritonsWords) {
  ModelStatistics model{
      .name = "m",
      .version = "1",
      .last_inference_ms = 5,
      .inference_count = 4,
      .execution_count = 2,
      .success = {3, 30},
      .fail = {},
      .queue = {3, 9},
      .compute_input = {},
      .compute_infer = {2, 20},
      .compute_output = {},
      .batches = {
          {.batch_size = 2, .compute_input = {}, .compute_infer = {2, 20}, .compute_output = {}}}};
  const std::string text = statistics_json(std::array{model});
  EXPECT_TRUE(text.starts_with(
      R"({"model_stats":[{"name":"m","version":"1","last_inference":5,"inference_count":4,)"
      R"("execution_count":2,"inference_stats":{"success":{"count":3,"ns":30},)"))
      << text;
  EXPECT_TRUE(text.ends_with(
      R"("batch_stats":[{"batch_size":2,"compute_input":{"count":0,"ns":0},)"
      R"("compute_infer":{"count":2,"ns":20},"compute_output":{"count":0,"ns":0}}]}]})"))
      << text;
}

TEST(MetadataJsonTest, TheIndexLeavesOutWhatIsNotKnown) {
  const std::array entries{
      RepositoryEntry{.name = "a", .version = "1", .state = "READY", .reason = ""},
      RepositoryEntry{.name = "b", .version = "", .state = "UNAVAILABLE", .reason = "unloaded"}};
  EXPECT_EQ(repository_index_json(entries),
            R"([{"name":"a","version":"1","state":"READY"},)"
            R"({"name":"b","state":"UNAVAILABLE","reason":"unloaded"}])");
  EXPECT_EQ(repository_index_json({}), "[]");
}

}  // namespace
}  // namespace temper::oip
