#include "temper/gateway/drift/drift_sink.h"

#include <gtest/gtest.h>

#include "temper/core/file.h"
#include "temper/gateway/drift/drift_fixture.h"
#include "temper/record/streams/memory/memory_streams.h"
#include "temper/record/worker/event_json.h"

namespace temper::gateway {
namespace {

class DriftSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace(TemporaryFolder::create("drift-sink").value());
    std::filesystem::create_directories(folder_->path() / "references");
    ASSERT_TRUE(write_file_atomically(drift::drift_reference_path(folder_->path(), "m", 2),
                                      drift_reference().encode()));
    streams_ = std::move(*streams::MemoryStreams::create({}));
    events_ = *streams_->open("DRIFT_EVENTS");
    profile_->tiers[0].drift_check_interval = std::chrono::hours(1);
    start();
  }
  void start() {
    sink_.reset();
    sink_ = std::make_unique<DriftSink>(folder_->path(), profile_, events_, metrics_, clock_);
  }
  /// A row a second, an hour of them per call of `take`.
  void play(std::int64_t first, std::int64_t rows, double shift, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<KeptEvidence> batch;
    for (std::int64_t second = first; second < first + rows; ++second) {
      batch.push_back(drift_evidence(record_, rng, second, shift));
    }
    sink_->take(batch);
  }
  void fall_quiet() {
    clock_.advance(std::chrono::seconds(10));
    sink_->tick(clock_.wall_now());
  }
  std::vector<stores::DriftEventRecord> events() {
    std::vector<stores::DriftEventRecord> records;
    const auto entries = events_->range({}, streams::kLastPossibleId, 1'000);
    for (const streams::Entry& entry : *entries) {
      records.push_back(record::parse_drift_event(entry.bytes).value());
    }
    return records;
  }
  std::uint64_t counted(const std::string& name) {
    return metrics_.counter("temper_" + name, "", {{"model", "m"}, {"version", "2"}}).value();
  }

  std::optional<TemporaryFolder> folder_;
  std::shared_ptr<profile::Profile> profile_ =
      std::make_shared<profile::Profile>(profile::built_in_profile());
  std::shared_ptr<const registry::VersionRecord> record_ =
      std::make_shared<registry::VersionRecord>(drift_record());
  std::unique_ptr<streams::MemoryStreams> streams_;
  streams::Stream* events_ = nullptr;
  metrics::Registry metrics_;
  ManualClock clock_;
  std::unique_ptr<DriftSink> sink_;
};

TEST_F(DriftSinkTest, SilenceWhileNothingChanges) {
  play(0, 3 * 3'600 + 1, 0, 7);
  fall_quiet();
  EXPECT_EQ(counted("drift_checks_total"), 6U);
  EXPECT_EQ(counted("drift_checks_drifted_total"), 0U);
  EXPECT_TRUE(events().empty());
}

TEST_F(DriftSinkTest, DriftIsAnEventWithItsEvidence) {
  play(0, 3'601, 1, 7);
  fall_quiet();
  const auto found = events();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].model, "m");
  EXPECT_EQ(found[0].version, 2);
  EXPECT_EQ(found[0].tenant, "default");
  EXPECT_NE(found[0].evidence.find("x[0]"), std::string::npos) << found[0].evidence;
  EXPECT_EQ(found[0].detected_at_ns, clock_.wall_now().time_since_epoch().count() - 10'000'000'000)
      << "at once, not when the traffic ends";
  EXPECT_GT(counted("drift_alarms_total"), 0U);
  EXPECT_EQ(counted("drift_checks_drifted_total"), 2U);
}

TEST_F(DriftSinkTest, EventsWaitForTheirStream) {
  const auto narrow = std::move(*streams::MemoryStreams::create({.max_entries = 1}));
  events_ = *narrow->open("DRIFT_EVENTS");
  ASSERT_TRUE(events_->append("taken"));
  start();
  play(0, 3'601, 1, 7);
  fall_quiet();
  ASSERT_TRUE(events_->trim_before(system_clock_instance().wall_now() + std::chrono::hours(1)));
  fall_quiet();
  EXPECT_EQ(events().size(), 1U) << "the next one, as much as there is room for";
  sink_.reset();
  events_ = nullptr;
}

TEST_F(DriftSinkTest, OpenWindowsSurviveARestart) {
  play(0, 3'000, 0, 7);
  start();
  play(3'000, 601, 0, 8);
  fall_quiet();
  EXPECT_EQ(counted("drift_checks_total"), 2U);
}

TEST_F(DriftSinkTest, ADamagedWindowIsLeftAside) {
  play(0, 3'000, 0, 7);
  sink_.reset();
  ASSERT_TRUE(write_file_atomically(folder_->path() / "windows" / "m.2.covariate.window", "junk"));
  start();
  play(3'000, 601, 0, 8);
  fall_quiet();
  EXPECT_EQ(counted("drift_checks_total"), 2U);
}

TEST_F(DriftSinkTest, AVersionWithoutAReferenceIsLeftAlone) {
  auto other = std::make_shared<registry::VersionRecord>(drift_record());
  other->version = 9;
  record_ = other;
  play(0, 100, 0, 7);
  fall_quiet();
  EXPECT_TRUE(events().empty());
}

TEST_F(DriftSinkTest, TheProfileSwitchesItOff) {
  profile_->model_defaults.drift.enabled = false;
  start();
  play(0, 3'601, 1, 7);
  fall_quiet();
  EXPECT_TRUE(events().empty());
}

}  // namespace
}  // namespace temper::gateway
