#include "temper/record/evidence.h"

#include <gtest/gtest.h>

namespace temper::record {
namespace {

PredictionRecord flight() {
  return {.prediction_id = "0190163d-8694-739b-aea5-966c26f8ad90",
          .model = "flights",
          .version = 3,
          .tenant = "default",
          .tier = 9,
          .event_time_ns = 1'700'000'000'000'000'000,
          .arrival_ns = 1'700'000'000'000'000'000,
          .unit_id = "N14228",
          .rows = 1,
          .inputs = {{.name = "dep_delay", .datatype = "FP32", .shape = {1, 1}, .bytes = "abcd"}},
          .outputs = {{.name = "late", .datatype = "INT64", .shape = {1}, .bytes = "12345678"}},
          .served_by = "model",
          .latency_ns = 125'000,
          .sampling_rate = 0.5};
}

TEST(EvidenceTest, DecodingGivesTheRecordBack) {
  const std::string bytes = encode(flight()).value();
  EXPECT_EQ(decode_prediction(bytes).value(), flight());
}

TEST(EvidenceTest, AFewFeaturesTakeLittleMoreThanAHundredBytes) {
  EXPECT_LT(encode(flight()).value().size(), 120U);
}

TEST(EvidenceTest, AnIdThatIsNoCanonicalUuidStaysAsItIs) {
  for (const char* id : {"", "p-1", "0190163D-8694-739B-AEA5-966C26F8AD90"}) {
    PredictionRecord record = flight();
    record.prediction_id = id;
    EXPECT_EQ(decode_prediction(encode(record).value()).value().prediction_id, id);
  }
}

TEST(EvidenceTest, RefusesEveryCutRecord) {
  const std::string bytes = encode(flight()).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_prediction(bytes.substr(0, size)).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(EvidenceTest, RefusesBytesBehindTheRecord) {
  EXPECT_FALSE(decode_prediction(encode(flight()).value() + '\0').has_value());
}

TEST(EvidenceTest, RefusesAnUnknownVersion) {
  std::string bytes = encode(flight()).value();
  bytes[0] = 2;
  EXPECT_FALSE(decode_prediction(bytes).has_value());
}

TEST(EvidenceTest, ReadsVersionOneAsItWasFirstWritten) {
  // The format's promise to old journals: these bytes never change.
  const std::string stored(
      "\x01\x00\x02p1\x01m\x04\x01t\x12\x08\x07\x06\x05\x04\x03\x02\x01\x02\x01u\x04\x01s\x06"
      "\x00\x00\x00\x00\x00\x00\xf0\x3f\x01\x01x\x04UINT\x01\x04\x02zz\x00",
      48);
  const PredictionRecord record = decode_prediction(stored).value();
  EXPECT_EQ(record.prediction_id, "p1");
  EXPECT_EQ(record.version, 2);
  EXPECT_EQ(record.tier, 9);
  EXPECT_EQ(record.arrival_ns, 0x0102030405060708);
  EXPECT_EQ(record.event_time_ns, 0x0102030405060709);
  EXPECT_EQ(record.rows, 2);
  EXPECT_EQ(record.latency_ns, 3);
  EXPECT_EQ(record.sampling_rate, 1.0);
  EXPECT_EQ(record.inputs.at(0).shape, std::vector<std::int64_t>{2});
  EXPECT_EQ(record.inputs.at(0).bytes, "zz");
  EXPECT_EQ(encode(record).value(), stored);
}

TEST(EvidenceTest, RefusesARateThatIsNone) {
  for (const double rate : {0.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    PredictionRecord record = flight();
    record.sampling_rate = rate;
    EXPECT_EQ(encode(record).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(EvidenceTest, RefusesWhatIsAboveTheLimits) {
  PredictionRecord record = flight();
  record.model.assign(kMaxRecordedNameBytes + 1, 'm');
  EXPECT_FALSE(encode(record).has_value());
  record = flight();
  record.inputs.front().shape.assign(kMaxRecordedDimensions + 1, 1);
  EXPECT_FALSE(encode(record).has_value());
  record = flight();
  record.inputs.resize(kMaxRecordedTensors + 1);
  EXPECT_FALSE(encode(record).has_value());
  record = flight();
  record.inputs.front().bytes.assign(kMaxRecordBytes, 'x');
  EXPECT_FALSE(encode(record).has_value());
}

}  // namespace
}  // namespace temper::record
