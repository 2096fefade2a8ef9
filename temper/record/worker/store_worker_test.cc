#include "temper/record/worker/store_worker.h"

#include <gtest/gtest.h>

#include <mutex>

#include "temper/record/evidence.h"
#include "temper/record/stores/memory/memory_store.h"
#include "temper/record/streams/memory/memory_streams.h"
#include "temper/record/worker/event_json.h"

namespace temper::record {
namespace {

class StoreWorkerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    streams_ = std::move(*streams::MemoryStreams::create({}));
    store_ = std::move(*stores::MemoryStore::create({}));
  }
  void start() {
    auto started = StoreWorker::start(
        *streams_, *store_, {.prefix = "p.", .consumer = "me", .sole_reader = true},
        [this](std::span<const stores::FeedbackRecord> records) {
          const std::scoped_lock lock(mutex_);
          seen_ += records.size();
        },
        metrics_, system_clock_instance());
    ASSERT_TRUE(started) << started.error().message;
    worker_ = std::move(*started);
  }
  void append(const std::string& stream, const std::string& bytes) {
    ASSERT_TRUE((*streams_->open("p." + stream))->append(bytes));
  }
  void wait_for(std::uint64_t entries) {
    while (worker_->handled() < entries) sleep_for(std::chrono::milliseconds(1));
  }
  static std::string prediction(const std::string& id) {
    const std::int64_t now = system_clock_instance().wall_now().time_since_epoch().count();
    PredictionRecord record;
    record.prediction_id = id;
    record.model = "m";
    record.version = 1;
    record.tenant = "default";
    record.event_time_ns = now;
    record.arrival_ns = now;
    record.rows = 1;
    record.served_by = "model";
    return *encode(record);
  }

  std::unique_ptr<streams::MemoryStreams> streams_;
  std::unique_ptr<stores::MemoryStore> store_;
  metrics::Registry metrics_;
  std::mutex mutex_;
  std::size_t seen_ = 0;  // guarded by mutex_
  std::unique_ptr<StoreWorker> worker_;
};

TEST_F(StoreWorkerTest, WhatTravelsIsStoredOnceAndJoined) {
  append("PREDICTIONS", prediction("id-1"));
  append("PREDICTIONS", prediction("id-1"));
  append("PREDICTIONS", prediction("id-2"));
  // Of now: the housekeeper removes old labels that have no prediction yet.
  const std::int64_t now = system_clock_instance().wall_now().time_since_epoch().count();
  const std::vector<stores::FeedbackRecord> labels = {
      {.prediction_id = "id-2", .row = 0, .label = "1", .observed_at_ns = now, .source = "s"}};
  append("FEEDBACK", feedback_json(labels));
  const stores::DriftEventRecord event{
      .event_id = "e",
      .model = "m",
      .version = 1,
      .tenant = "default",
      .event_time_ns = 1,
      .detected_at_ns = system_clock_instance().wall_now().time_since_epoch().count(),
      .kind = "covariate",
      .evidence = "{}"};
  append("DRIFT_EVENTS", drift_event_json(event));
  start();
  wait_for(5);
  EXPECT_EQ(store_->info()->predictions, 2U);
  const auto joined = store_->labelled({.model = "m"});
  ASSERT_EQ(joined->size(), 1U);
  EXPECT_EQ((*joined)[0].prediction.prediction_id, "id-2");
  EXPECT_EQ((*joined)[0].labels, labels);
  EXPECT_EQ(store_->drift_events("m", {}, 10)->size(), 1U);
  EXPECT_EQ(metrics_.counter("temper_stored_total", "", {{"kind", "prediction"}}).value(), 2U);
  const std::scoped_lock lock(mutex_);
  EXPECT_EQ(seen_, 1U);
}

TEST_F(StoreWorkerTest, APoisonedEntryHoldsNothingUp) {
  append("PREDICTIONS", prediction("id-1"));
  append("PREDICTIONS", "no record");
  append("PREDICTIONS", prediction("id-2"));
  start();
  wait_for(3);
  EXPECT_EQ(store_->info()->predictions, 2U);
}

TEST_F(StoreWorkerTest, ANewLifeGoesOn) {
  append("PREDICTIONS", prediction("id-1"));
  start();
  wait_for(1);
  worker_.reset();
  append("PREDICTIONS", prediction("id-2"));
  start();
  wait_for(1);
  EXPECT_EQ(store_->info()->predictions, 2U);
}

}  // namespace
}  // namespace temper::record
