// What every store adapter must do: one suite, instantiated by each adapter's test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "temper/record/stores/stores.h"

namespace temper::stores {

/// A store in a place of its own.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual PredictionStore& store() = 0;
  /// Closes and opens again; false where nothing can survive.
  virtual bool restart() = 0;
};

using MakeStore = std::unique_ptr<StoreUnderTest> (*)(const StoreLimits& limits);

class StoreConformanceTest : public testing::TestWithParam<MakeStore> {
 protected:
  void start(const StoreLimits& limits = {}) {
    under_test_ = GetParam()(limits);
    ASSERT_NE(under_test_, nullptr);
  }
  PredictionStore& store() { return under_test_->store(); }

  static PredictionRecord prediction(std::string id, std::int64_t event_time_ns) {
    return {
        .prediction_id = std::move(id),
        .model = "flights",
        .version = 3,
        .tenant = "default",
        .tier = 9,
        .event_time_ns = event_time_ns,
        .arrival_ns = event_time_ns + 5,
        .unit_id = "N1",
        .rows = 2,
        .inputs = {{.name = "x", .datatype = "FP32", .shape = {2, 1}, .bytes = "abcdefgh"}},
        .outputs = {{.name = "y", .datatype = "BYTES", .shape = {2}, .bytes = std::string(8, 0)}},
        .served_by = "model",
        .latency_ns = 1000,
        .sampling_rate = 0.25};
  }
  static FeedbackRecord label(std::string id, std::int64_t row, std::string text,
                              std::int64_t observed_at_ns) {
    return {.prediction_id = std::move(id),
            .row = row,
            .label = std::move(text),
            .observed_at_ns = observed_at_ns,
            .source = "test"};
  }
  static DriftEventRecord drift(std::string id, std::int64_t detected_at_ns) {
    return {.event_id = std::move(id),
            .model = "flights",
            .version = 3,
            .tenant = "default",
            .event_time_ns = detected_at_ns - 1,
            .detected_at_ns = detected_at_ns,
            .kind = "covariate",
            .evidence = R"({"psi":0.3})"};
  }
  static AuditRecord audit_row(std::string id, std::int64_t time_ns) {
    return {.audit_id = std::move(id),
            .time_ns = time_ns,
            .actor = "ann",
            .action = "model.alias",
            .object = "flights/3",
            .detail = "{}"};
  }
  void add(const std::vector<PredictionRecord>& records) {
    const auto done = store().insert_predictions(records);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    ASSERT_EQ(done->stored, records.size());
  }
  FeedbackResult tell(const FeedbackRecord& record) {
    return store().insert_feedback(std::span(&record, 1)).value();
  }
  static std::vector<std::string> ids(const std::vector<PredictionRecord>& records) {
    std::vector<std::string> found;
    for (const PredictionRecord& record : records) found.push_back(record.prediction_id);
    return found;
  }

  std::unique_ptr<StoreUnderTest> under_test_;
};

using Ids = std::vector<std::string>;

TEST_P(StoreConformanceTest, APredictionComesBackWhole) {
  start();
  const PredictionRecord record = prediction("p1", 10);
  add({record});
  EXPECT_EQ(store().find_prediction("p1").value(), record);
  EXPECT_EQ(store().find_prediction("p2").value(), std::nullopt);
}

TEST_P(StoreConformanceTest, AnIdIsStoredOnceAndTheFirstStays) {
  start();
  PredictionRecord other = prediction("p1", 99);
  add({prediction("p1", 10)});
  const std::vector<PredictionRecord> again{other, prediction("p2", 11), prediction("p2", 12)};
  EXPECT_EQ(store().insert_predictions(again).value(),
            (InsertResult{.stored = 1, .duplicates = 2}));
  EXPECT_EQ(store().find_prediction("p1").value()->event_time_ns, 10);
  EXPECT_EQ(store().info()->predictions, 2U);
}

TEST_P(StoreConformanceTest, PredictionsComeByEventTimeInPages) {
  start();
  add({prediction("d", 30), prediction("b", 20), prediction("a", 20), prediction("c", 10)});
  PredictionQuery query{.model = "flights", .max_rows = 2};
  const std::vector<PredictionRecord> first = store().predictions(query).value();
  EXPECT_EQ(ids(first), (Ids{"c", "a"}));
  query.after = cursor_after(first.back());
  EXPECT_EQ(ids(store().predictions(query).value()), (Ids{"b", "d"}));
}

TEST_P(StoreConformanceTest, TheRangeIncludesItsBeginAndNotItsEnd) {
  start();
  add({prediction("a", 10), prediction("b", 20), prediction("c", 30)});
  const PredictionQuery query{.model = "flights", .time = {.from_ns = 10, .to_ns = 30}};
  EXPECT_EQ(ids(store().predictions(query).value()), (Ids{"a", "b"}));
}

TEST_P(StoreConformanceTest, QueriesKeepToModelVersionAndTenant) {
  start();
  PredictionRecord other_model = prediction("m", 10);
  other_model.model = "other";
  PredictionRecord other_version = prediction("v", 10);
  other_version.version = 4;
  PredictionRecord other_tenant = prediction("t", 10);
  other_tenant.tenant = "acme";
  add({prediction("a", 10), other_model, other_version, other_tenant});
  EXPECT_EQ(ids(store().predictions({.model = "flights"}).value()), (Ids{"a", "t", "v"}));
  EXPECT_EQ(ids(store().predictions({.model = "flights", .version = 4}).value()), (Ids{"v"}));
  EXPECT_EQ(ids(store().predictions({.model = "flights", .tenant = "acme"}).value()), (Ids{"t"}));
  EXPECT_EQ(ids(store().predictions({.model = "none"}).value()), Ids{});
}

TEST_P(StoreConformanceTest, FeedbackMayComeBeforeItsPrediction) {
  start();
  EXPECT_EQ(tell(label("p1", 1, "late", 50)).stored, 1U);
  EXPECT_TRUE(store().labelled({.model = "flights"})->empty());
  add({prediction("p1", 10)});
  const auto joined = store().labelled({.model = "flights"}).value();
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined.front().prediction, prediction("p1", 10));
  EXPECT_EQ(joined.front().labels, std::vector<FeedbackRecord>{label("p1", 1, "late", 50)});
}

TEST_P(StoreConformanceTest, TheLastObservationWinsInAnyOrderOfArrival) {
  start();
  EXPECT_EQ(tell(label("p1", 0, "first", 50)).stored, 1U);
  EXPECT_EQ(tell(label("p1", 0, "second", 60)).replaced, 1U);
  EXPECT_EQ(tell(label("p1", 0, "stale", 55)).ignored, 1U);
  EXPECT_EQ(tell(label("p1", 0, "second", 60)).ignored, 1U) << "a repetition";
  EXPECT_EQ(store().find_feedback("p1").value(),
            std::vector<FeedbackRecord>{label("p1", 0, "second", 60)});
  EXPECT_EQ(store().info()->feedback, 1U);
}

TEST_P(StoreConformanceTest, EqualTimesGiveTheSameLabelInEitherOrder) {
  start();
  tell(label("p1", 0, "a", 50));
  tell(label("p1", 0, "b", 50));
  tell(label("p2", 0, "b", 50));
  tell(label("p2", 0, "a", 50));
  EXPECT_EQ(store().find_feedback("p1")->front().label, "b");
  EXPECT_EQ(store().find_feedback("p2")->front().label, "b");
}

TEST_P(StoreConformanceTest, OneBatchMayHoldSeveralLabelsOfARow) {
  start();
  const std::vector<FeedbackRecord> batch{label("p", 0, "x", 2), label("p", 1, "y", 1),
                                          label("p", 0, "z", 3), label("p", 0, "w", 1)};
  EXPECT_EQ(store().insert_feedback(batch).value(),
            (FeedbackResult{.stored = 2, .replaced = 1, .ignored = 1}));
  EXPECT_EQ(store().find_feedback("p").value(),
            (std::vector<FeedbackRecord>{label("p", 0, "z", 3), label("p", 1, "y", 1)}));
}

TEST_P(StoreConformanceTest, LabelledGivesRowsInOrderAndInPages) {
  start();
  add({prediction("a", 10), prediction("b", 20), prediction("c", 30)});
  for (const char* id : {"a", "c"}) {
    tell(label(id, 1, "one", 40));
    tell(label(id, 0, "zero", 40));
  }
  tell(label("a", 7, "no such row", 40));
  PredictionQuery query{.model = "flights", .max_rows = 1};
  auto page = store().labelled(query).value();
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page.front().labels,
            (std::vector<FeedbackRecord>{label("a", 0, "zero", 40), label("a", 1, "one", 40)}));
  query.after = cursor_after(page.front().prediction);
  page = store().labelled(query).value();
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page.front().prediction.prediction_id, "c");
  query.after = cursor_after(page.front().prediction);
  EXPECT_TRUE(store().labelled(query)->empty());
}

TEST_P(StoreConformanceTest, DriftEventsAreKeptOnceInOrder) {
  start();
  const std::vector<DriftEventRecord> events{drift("e2", 20), drift("e1", 10), drift("e2", 30)};
  EXPECT_EQ(store().insert_drift_events(events).value(),
            (InsertResult{.stored = 2, .duplicates = 1}));
  EXPECT_EQ(store().drift_events("flights", {}, 10).value(),
            (std::vector<DriftEventRecord>{drift("e1", 10), drift("e2", 20)}));
  EXPECT_EQ(store().drift_events("", {.from_ns = 11}, 10)->size(), 1U);
  EXPECT_EQ(store().drift_events("other", {}, 10)->size(), 0U);
}

TEST_P(StoreConformanceTest, AuditRowsAreKeptOnceAndOutliveRetention) {
  start();
  const std::vector<AuditRecord> rows{audit_row("a1", 10), audit_row("a2", 20)};
  EXPECT_EQ(store().append_audit(rows)->stored, 2U);
  EXPECT_EQ(store().append_audit(rows)->duplicates, 2U);
  ASSERT_TRUE(store().remove_before(WallTime(Duration(1'000))).has_value());
  EXPECT_EQ(store().audit({}, 10).value(), rows);
  EXPECT_EQ(store().audit({.from_ns = 10, .to_ns = 20}, 10)->size(), 1U);
}

TEST_P(StoreConformanceTest, RetentionRemovesPredictionsWithTheirLabels) {
  start();
  add({prediction("old", 10), prediction("young", 100)});
  tell(label("old", 0, "x", 500));
  tell(label("young", 0, "x", 1));
  tell(label("orphan, old", 0, "x", 1));
  tell(label("orphan, young", 0, "x", 500));
  ASSERT_TRUE(store().insert_drift_events(std::vector{drift("e", 10)}).has_value());
  EXPECT_EQ(store().remove_before(WallTime(Duration(105))).value(),
            (RetentionResult{.predictions = 1, .feedback = 2, .drift_events = 1}))
      << "arrival is 5 ns after the event";
  EXPECT_EQ(store().find_prediction("old").value(), std::nullopt);
  EXPECT_EQ(store().find_feedback("young")->size(), 1U);
  EXPECT_EQ(store().find_feedback("orphan, young")->size(), 1U);
  EXPECT_EQ(store().find_feedback("old")->size(), 0U);
}

TEST_P(StoreConformanceTest, RetentionLeavesALabelWhosePredictionMayStillCome) {
  start();
  // Both were observed in 1970; the ids were made at 1,700,000,000,000 ms and a millisecond before.
  const std::string coming = "018bcfe5-6800-7000-8000-000000000000";
  const std::string lost = "018bcfe5-67ff-7000-8000-000000000000";
  tell(label(coming, 0, "x", 1));
  tell(label(lost, 0, "x", 1));
  const WallTime limit(std::chrono::milliseconds(1'700'000'000'000));
  EXPECT_EQ(store().remove_before(limit)->feedback, 1U);
  EXPECT_EQ(store().find_feedback(coming)->size(), 1U);
  EXPECT_EQ(store().find_feedback(lost)->size(), 0U);
  EXPECT_EQ(store().remove_before(limit + std::chrono::milliseconds(1))->feedback, 1U);
}

TEST_P(StoreConformanceTest, AFullStoreRefusesWholeBatchesAndTakesThemOnceThereIsRoom) {
  start({.max_bytes = std::uint64_t{1} << 20});
  std::uint64_t stored = 0;
  Result<InsertResult> done = InsertResult{};
  while (stored < 4'000) {
    std::vector<PredictionRecord> batch;
    for (std::uint64_t i = 0; i < 10; ++i) {
      batch.push_back(prediction("p" + std::to_string(stored + i), 10));
      batch.back().inputs.front().bytes.assign(2'000, 'x');
    }
    done = store().insert_predictions(batch);
    if (!done) break;
    stored += 10;
  }
  ASSERT_FALSE(done.has_value()) << "it took " << stored;
  EXPECT_EQ(done.error().code, ErrorCode::kResourceExhausted) << done.error().message;
  EXPECT_GT(stored, 50U);
  EXPECT_EQ(store().info()->predictions, stored) << "the refused batch left nothing";
  EXPECT_LE(store().info()->bytes, std::uint64_t{1} << 20);
  ASSERT_EQ(store().remove_before(WallTime(Duration(1'000)))->predictions, stored);
  EXPECT_TRUE(store().insert_predictions(std::vector{prediction("again", 10)}).has_value());
}

TEST_P(StoreConformanceTest, RecordsWithoutIdsAreRefusedWhole) {
  start();
  const std::vector<PredictionRecord> batch{prediction("good", 1), prediction("", 1)};
  EXPECT_EQ(store().insert_predictions(batch).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store().insert_feedback(std::vector{label("p", -1, "x", 1)}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(store().insert_drift_events(std::vector{drift("", 1)}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(store().append_audit(std::vector{audit_row("", 1)}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(store().predictions({.model = "flights", .max_rows = 0}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(store().info()->predictions, 0U);
}

TEST_P(StoreConformanceTest, ARestartKeepsEverything) {
  start();
  add({prediction("p1", 10)});
  tell(label("p1", 0, "x", 20));
  ASSERT_TRUE(store().append_audit(std::vector{audit_row("a", 1)}).has_value());
  ASSERT_TRUE(store().insert_drift_events(std::vector{drift("e", 1)}).has_value());
  if (!under_test_->restart()) return;  // memory: nothing is promised
  EXPECT_EQ(store().labelled({.model = "flights"})->size(), 1U);
  EXPECT_EQ(store().audit({}, 10)->size(), 1U);
  EXPECT_EQ(store().drift_events("", {}, 10)->size(), 1U);
  EXPECT_EQ(store().insert_predictions(std::vector{prediction("p1", 10)})->duplicates, 1U);
}

TEST_P(StoreConformanceTest, ThreadsStoreEachPredictionOnce) {
  start();
  constexpr int kThreads = 3;
  constexpr int kEach = 40;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this] {
        for (int i = 0; i < kEach; ++i) {
          const std::vector batch{prediction("p" + std::to_string(i), i)};
          EXPECT_TRUE(store().insert_predictions(batch).has_value());
        }
      });
    }
  }
  EXPECT_EQ(store().info()->predictions, static_cast<std::uint64_t>(kEach));
}

}  // namespace temper::stores
