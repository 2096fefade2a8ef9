#include "temper/record/stores/store_writer.h"

#include <gtest/gtest.h>

#include <atomic>

#include "temper/record/stores/memory/memory_store.h"

namespace temper::stores {
namespace {

/// A memory store whose predictions fail while `broken`.
class FlakyStore final : public PredictionStore {
 public:
  Result<InsertResult> insert_predictions(std::span<const PredictionRecord> records) override {
    ++calls;
    if (broken) return fail(ErrorCode::kResourceExhausted, "no room left");
    return inner_->insert_predictions(records);
  }
  Result<FeedbackResult> insert_feedback(std::span<const FeedbackRecord> records) override {
    return inner_->insert_feedback(records);
  }
  Result<InsertResult> insert_drift_events(std::span<const DriftEventRecord> records) override {
    return inner_->insert_drift_events(records);
  }
  Result<InsertResult> append_audit(std::span<const AuditRecord> records) override {
    return inner_->append_audit(records);
  }
  Result<std::optional<PredictionRecord>> find_prediction(std::string_view id) override {
    return inner_->find_prediction(id);
  }
  Result<std::vector<FeedbackRecord>> find_feedback(std::string_view id) override {
    return inner_->find_feedback(id);
  }
  Result<std::vector<PredictionRecord>> predictions(const PredictionQuery& query) override {
    return inner_->predictions(query);
  }
  Result<std::vector<LabelledPrediction>> labelled(const PredictionQuery& query) override {
    return inner_->labelled(query);
  }
  Result<std::vector<DriftEventRecord>> drift_events(std::string_view model, const TimeRange& time,
                                                     std::size_t max_rows) override {
    return inner_->drift_events(model, time, max_rows);
  }
  Result<std::vector<AuditRecord>> audit(const TimeRange& time, std::size_t max_rows) override {
    return inner_->audit(time, max_rows);
  }
  Result<RetentionResult> remove_before(WallTime limit) override {
    return inner_->remove_before(limit);
  }
  Result<StoreInfo> info() override { return inner_->info(); }

  std::atomic<bool> broken{false};
  std::atomic<int> calls{0};

 private:
  std::unique_ptr<MemoryStore> inner_ = MemoryStore::create({}).value();
};

class StoreWriterTest : public testing::Test {
 protected:
  static PredictionRecord prediction(int number) {
    PredictionRecord record;
    record.prediction_id = fmt::format("p{}", number);
    record.model = "m";
    return record;
  }
  void start(StoreWriterConfig config = {}) {
    config.retry_after = std::chrono::milliseconds(1);
    config.max_retry_after = std::chrono::milliseconds(2);
    writer_ = StoreWriter::create(store_, config).value();
  }
  FlakyStore store_;
  std::unique_ptr<StoreWriter> writer_;
};

TEST_F(StoreWriterTest, WritesManyRecordsInFewTransactions) {
  start({.linger = std::chrono::hours(1)});
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(writer_->submit(prediction(i)));
  ASSERT_TRUE(writer_->submit(FeedbackRecord{
      .prediction_id = "p1", .row = 0, .label = "x", .observed_at_ns = 1, .source = ""}));
  ASSERT_TRUE(writer_->submit(AuditRecord{
      .audit_id = "a", .time_ns = 1, .actor = "ann", .action = "x", .object = "", .detail = "{}"}));
  ASSERT_TRUE(writer_->flush({}).has_value());
  EXPECT_EQ(store_.info()->predictions, 500U);
  EXPECT_EQ(store_.info()->feedback, 1U);
  EXPECT_EQ(store_.info()->audit_rows, 1U);
  EXPECT_LE(store_.calls, 2);
  EXPECT_EQ(writer_->counts().written, 502U);
}

TEST_F(StoreWriterTest, AFullStoreFillsTheQueueWhichRefusesAndThenRecovers) {
  store_.broken = true;
  start({.max_waiting = 10, .linger = Duration{0}});
  int taken = 0;
  for (int i = 0; i < 25; ++i) taken += writer_->submit(prediction(i)) ? 1 : 0;
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(writer_->counts().refused, 15U);
  EXPECT_EQ(writer_->flush({}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(writer_->counts().waiting, 10U);
  store_.broken = false;
  while (!writer_->flush({})) {
  }
  EXPECT_EQ(store_.info()->predictions, 10U) << "nothing that was taken is lost";
}

TEST_F(StoreWriterTest, WaitingForRoomEndsWithRoomOrOnRequest) {
  store_.broken = true;
  start({.max_waiting = 1, .linger = Duration{0}});
  ASSERT_TRUE(writer_->submit(prediction(1)));
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(writer_->submit_waiting(prediction(2), source.get_token()).error().code,
            ErrorCode::kCancelled);
  store_.broken = false;
  EXPECT_TRUE(writer_->submit_waiting(prediction(2), {}).has_value());
  while (!writer_->flush({})) {
  }
  EXPECT_EQ(store_.info()->predictions, 2U);
}

TEST_F(StoreWriterTest, ARecordThatNoStoreKeepsDoesNotHoldUpOthers) {
  start();
  ASSERT_TRUE(writer_->submit(PredictionRecord{}));
  ASSERT_TRUE(writer_->submit(prediction(1)));
  ASSERT_TRUE(writer_->flush({}).has_value());
  EXPECT_EQ(writer_->counts().rejected, 1U);
  EXPECT_EQ(writer_->counts().written, 1U);
}

TEST_F(StoreWriterTest, TheEndWritesWhatWaits) {
  start({.linger = std::chrono::hours(1)});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(writer_->submit(prediction(i)));
  writer_.reset();
  EXPECT_EQ(store_.info()->predictions, 20U);
}

TEST_F(StoreWriterTest, TheEndDoesNotWaitForAStoreThatIsFull) {
  store_.broken = true;
  start();
  ASSERT_TRUE(writer_->submit(prediction(1)));
  writer_.reset();
  EXPECT_EQ(store_.info()->predictions, 0U);
}

TEST(StoreWriterConfigTest, RefusesImpossibleOnes) {
  EXPECT_FALSE(StoreWriterConfig{.max_waiting = 0}.validate().has_value());
  EXPECT_FALSE(StoreWriterConfig{.retry_after = Duration{0}}.validate().has_value());
}

}  // namespace
}  // namespace temper::stores
