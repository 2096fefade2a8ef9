// Round trips of random records, and damage to their bytes.
#include <gtest/gtest.h>

#include "temper/core/ids.h"
#include "temper/core/rng.h"
#include "temper/record/byte_codec.h"
#include "temper/record/evidence.h"

namespace temper::record {
namespace {

constexpr std::uint64_t kSeed = 41;
constexpr int kRounds = 2'000;

std::string random_text(Rng& rng, std::uint64_t max_size) {
  std::string text(rng.below(max_size + 1), '\0');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

std::int64_t random_integer(Rng& rng) {
  return static_cast<std::int64_t>(rng() >> rng.below(64)) * (rng.below(2) == 0 ? 1 : -1);
}

std::vector<RecordedTensor> random_tensors(Rng& rng) {
  std::vector<RecordedTensor> tensors(rng.below(4));
  for (RecordedTensor& tensor : tensors) {
    tensor.name = random_text(rng, 12);
    tensor.datatype = random_text(rng, 6);
    tensor.shape.resize(rng.below(4));
    for (std::int64_t& dimension : tensor.shape) dimension = random_integer(rng);
    tensor.bytes = random_text(rng, 200);
  }
  return tensors;
}

PredictionRecord random_record(Rng& rng) {
  PredictionRecord record;
  record.prediction_id = rng.below(2) == 0
                             ? random_text(rng, 40)
                             : make_uuid_v7(WallTime(Duration(rng() >> 1)), rng).to_string();
  record.model = random_text(rng, 20);
  record.version = random_integer(rng);
  record.tenant = random_text(rng, 20);
  record.tier = random_integer(rng);
  record.arrival_ns = random_integer(rng);
  record.event_time_ns = random_integer(rng);
  record.unit_id = random_text(rng, 20);
  record.rows = random_integer(rng);
  record.inputs = random_tensors(rng);
  record.outputs = random_tensors(rng);
  record.served_by = random_text(rng, 20);
  record.latency_ns = random_integer(rng);
  record.sampling_rate = 1.0 - rng.uniform();
  return record;
}

TEST(EvidencePropertyTest, EveryRecordComesBack) {
  Rng rng(kSeed);
  for (int round = 0; round < kRounds; ++round) {
    const PredictionRecord record = random_record(rng);
    const std::string bytes = encode(record).value();
    ASSERT_EQ(decode_prediction(bytes).value(), record) << "seed " << kSeed << " round " << round;
  }
}

TEST(EvidencePropertyTest, ChangedBytesAreRefusedOrTheOnlyEncodingOfAnotherRecord) {
  Rng rng(kSeed + 1);
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = encode(random_record(rng)).value();
    bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    const Result<PredictionRecord> decoded = decode_prediction(bytes);
    if (decoded) {
      ASSERT_EQ(encode(*decoded).value(), bytes) << "seed " << kSeed + 1 << " round " << round;
    }
  }
}

TEST(ByteCodecPropertyTest, VarintsAndZigzagsComeBackAtEveryMagnitude) {
  Rng rng(kSeed + 2);
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t wide = rng() >> rng.below(64);
    const std::int64_t signed_value = random_integer(rng);
    ByteWriter out;
    out.varint(wide);
    out.zigzag(signed_value);
    out.zigzag(INT64_MIN);
    out.zigzag(INT64_MAX);
    const std::string bytes = out.take();
    ByteReader in(bytes);
    ASSERT_EQ(in.varint(), wide);
    ASSERT_EQ(in.zigzag(), signed_value);
    ASSERT_EQ(in.zigzag(), INT64_MIN);
    ASSERT_EQ(in.zigzag(), INT64_MAX);
    ASSERT_TRUE(in.at_end());
  }
}

TEST(ByteCodecTest, RefusesAVarintLongerThanItMustBe) {
  EXPECT_EQ(ByteReader(std::string_view("\x80\x00", 2)).varint(), std::nullopt);
  EXPECT_EQ(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").varint(), std::nullopt);
  EXPECT_EQ(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").varint(), UINT64_MAX);
}

}  // namespace
}  // namespace temper::record
