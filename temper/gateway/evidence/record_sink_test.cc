#include "temper/gateway/evidence/record_sink.h"

#include <gtest/gtest.h>

#include <thread>

#include "temper/record/streams/memory/memory_streams.h"

namespace temper::gateway {
namespace {

KeptEvidence evidence() {
  auto version = std::make_shared<registry::VersionRecord>();
  version->model = "m";
  version->version = 4;
  version->probe.signature = {
      .inputs =
          {{.name = "x", .datatype = DataType::kFp32, .shape = {-1, 2}, .dimension_names = {}}},
      .outputs = {
          {.name = "p", .datatype = DataType::kFp32, .shape = {-1}, .dimension_names = {}},
          {.name = "label", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}}}};
  auto made = std::make_shared<Evidence>();
  made->version = version;
  made->prediction_id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
  made->tenant = "acme";
  made->unit_id = "u";
  made->tier = 3;
  made->event_time = WallTime(std::chrono::seconds(5));
  made->arrival = WallTime(std::chrono::seconds(6));
  made->latency = std::chrono::microseconds(7);
  made->rows = 1;
  const std::vector<float> x = {1, 2};
  const std::vector<std::int64_t> label = {9};
  made->inputs = {Tensor::copy_of(DataType::kFp32, {1, 2}, std::as_bytes(std::span(x)))};
  made->outputs = {Tensor::copy_of(DataType::kInt64, {1}, std::as_bytes(std::span(label)))};
  made->output_indices = {1};
  return {.evidence = made, .rate = 0.5};
}

TEST(RecordSinkTest, RecordsWhatWasAnswered) {
  const auto streams = std::move(*streams::MemoryStreams::create({}));
  streams::Stream* stream = *streams->open("PREDICTIONS");
  metrics::Registry metrics;
  RecordSink sink(*stream, "p", metrics, "t", system_clock_instance());
  const std::vector<KeptEvidence> batch = {evidence(), evidence()};
  sink.take(batch);
  const auto entries = stream->range({}, streams::kLastPossibleId, 10);
  ASSERT_EQ(entries->size(), 2U);
  const auto record = record::decode_prediction((*entries)[0].bytes);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(*record, to_record(batch[0]));
  EXPECT_EQ(record->prediction_id, "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_EQ(record->version, 4);
  EXPECT_EQ(record->event_time_ns, 5'000'000'000);
  EXPECT_EQ(record->sampling_rate, 0.5);
  ASSERT_EQ(record->inputs.size(), 1U);
  EXPECT_EQ(record->inputs[0].name, "x");
  EXPECT_EQ(record->inputs[0].datatype, "FP32");
  ASSERT_EQ(record->outputs.size(), 1U);
  EXPECT_EQ(record->outputs[0].name, "label");
  EXPECT_EQ(record->outputs[0].bytes.size(), 8U);
}

TEST(RecordSinkTest, WaitsForRoomAndLosesNothing) {
  const auto streams = std::move(*streams::MemoryStreams::create({.max_entries = 1}));
  streams::Stream* stream = *streams->open("PREDICTIONS");
  metrics::Registry metrics;
  RecordSink sink(*stream, "p", metrics, "t", system_clock_instance());
  const std::vector<KeptEvidence> batch = {evidence(), evidence()};
  std::jthread taking([&] { sink.take(batch); });
  while (stream->info()->entries < 1) sleep_for(std::chrono::milliseconds(1));
  // No group holds an entry back: a trim makes room.
  std::uint64_t removed = 0;
  while (removed == 0) {
    removed =
        stream->trim_before(system_clock_instance().wall_now() + std::chrono::seconds(1))->removed;
  }
  taking.join();
  EXPECT_EQ(metrics.counter("t_predictions_recorded_total", "").value(), 2U);
}

TEST(RecordSinkTest, AStopDoesNotWaitForEver) {
  const auto streams = std::move(*streams::MemoryStreams::create({.max_entries = 1}));
  metrics::Registry metrics;
  RecordSink sink(**streams->open("PREDICTIONS"), "p", metrics, "t", system_clock_instance());
  sink.end_by(system_clock_instance().now());
  const std::vector<KeptEvidence> batch = {evidence(), evidence(), evidence()};
  sink.take(batch);
  EXPECT_EQ(metrics.counter("t_predictions_recorded_total", "").value(), 1U);
  EXPECT_EQ(metrics.counter("t_predictions_lost_total", "").value(), 2U);
}

}  // namespace
}  // namespace temper::gateway
