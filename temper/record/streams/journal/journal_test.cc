#include "temper/record/streams/journal/journal.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "temper/core/file.h"
#include "temper/record/sqlite/connection.h"
#include "temper/record/streams/journal/segment.h"
#include "temper/record/streams/stream_conformance_fixture.h"

namespace temper::streams {
namespace {

class JournalUnderTest final : public StreamsUnderTest {
 public:
  explicit JournalUnderTest(const StreamLimits& limits) : limits_(limits) { restart(); }
  StreamStore& store() override { return *journal_; }
  bool restart() override {
    journal_.reset();
    // Small segments, so that the suite crosses many of them.
    journal_ = Journal::open(folder_.path() / "journal",
                             {.limits = limits_, .segment_max_bytes = 4096}, clock_)
                   .value();
    return true;
  }
  void advance(Duration step) override { clock_.advance(step); }
  WallTime now() override { return clock_.wall_now(); }

 private:
  const StreamLimits limits_;
  ManualClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::create("temper-journal").value();
  std::unique_ptr<Journal> journal_;
};

std::unique_ptr<StreamsUnderTest> make_journal(const StreamLimits& limits) {
  return std::make_unique<JournalUnderTest>(limits);
}

INSTANTIATE_TEST_SUITE_P(Journal, StreamConformanceTest, testing::Values(&make_journal));

class JournalTest : public testing::Test {
 protected:
  void open(JournalConfig config = {}) {
    journal_.reset();
    journal_ = Journal::open(folder(), config, clock_).value();
    stream_ = journal_->open("EVENTS").value();
  }
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "journal"; }
  [[nodiscard]] std::size_t segments() const { return list_segments(folder() / "EVENTS")->size(); }
  std::vector<Entry> all() { return stream_->range({}, kLastPossibleId, 100'000).value(); }

  ManualClock clock_;
  TemporaryFolder temporary_ = TemporaryFolder::create("temper-journal").value();
  std::unique_ptr<Journal> journal_;
  Stream* stream_ = nullptr;
};

TEST_F(JournalTest, SealsSegmentsBySizeAndByAge) {
  open({.segment_max_bytes = 4096, .segment_max_age = std::chrono::hours(1)});
  const std::string record(1500, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(stream_->append(record).has_value());
  EXPECT_EQ(segments(), 2U) << "three fill a segment";
  clock_.advance(std::chrono::hours(2));
  ASSERT_TRUE(stream_->append(record).has_value());
  EXPECT_EQ(segments(), 3U);
  EXPECT_EQ(all().size(), 5U);
  EXPECT_EQ(stream_->info()->bytes, 5U * 1500U);
}

TEST_F(JournalTest, ATrimRemovesWholeSegmentsAndTheirFiles) {
  open({.segment_max_age = std::chrono::minutes(1)});
  for (int minute = 0; minute < 6; ++minute) {
    ASSERT_TRUE(stream_->append(std::to_string(minute)).has_value());
    clock_.advance(std::chrono::minutes(2));
  }
  EXPECT_EQ(segments(), 6U);
  const WallTime limit = clock_.wall_now() - std::chrono::minutes(5);
  EXPECT_EQ(stream_->trim_before(limit).value(), (TrimResult{.removed = 4, .kept = 0}));
  EXPECT_EQ(segments(), 2U);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator(folder() / "EVENTS")) {
    ++files;
  }
  EXPECT_LE(files, 6U) << "no log stays behind";
  open();
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(all().front().bytes, "4");
}

TEST_F(JournalTest, OneProcessOwnsItAndOthersMayLook) {
  open();
  EXPECT_EQ(Journal::open(folder(), {}, clock_).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(stream_->create_group("g", GroupStart::kFromBeginning).has_value());
  ASSERT_TRUE(stream_->append("1").has_value());
  ASSERT_EQ(stream_->read({.group = "g", .consumer = "a"})->size(), 1U);

  const auto looking = Journal::open_to_look(folder(), clock_).value();
  Stream& view = *looking->open("EVENTS").value();
  EXPECT_EQ(view.range({}, kLastPossibleId, 10)->size(), 1U);
  EXPECT_EQ(view.pending("g", 10)->front().consumer, "a");
  ASSERT_TRUE(stream_->append("2").has_value());
  EXPECT_EQ(view.range({}, kLastPossibleId, 10)->size(), 2U) << "what came later is seen too";
  const StreamInfo info = view.info().value();
  EXPECT_EQ(info.entries, 2U);
  EXPECT_EQ(info.last, stream_->info()->last);
  EXPECT_EQ(info.groups, std::vector<std::string>{"g"});
  EXPECT_EQ(view.append("3").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(view.trim_before(clock_.wall_now()).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(view.read({.group = "g", .consumer = "a"}).error().code,
            ErrorCode::kFailedPrecondition);
  EXPECT_EQ(looking->list().value(), std::vector<std::string>{"EVENTS"});
  EXPECT_EQ(looking->open("NONE").value()->info()->entries, 0U);
  clock_.advance(std::chrono::hours(1));
  ASSERT_EQ(stream_->acknowledge("g", std::vector{info.first}).value(), 1U);
  ASSERT_EQ(stream_->read({.group = "g", .consumer = "a"})->size(), 1U);
  ASSERT_EQ(stream_->acknowledge("g", std::vector{info.last}).value(), 1U);
  ASSERT_EQ(stream_->trim_before(clock_.wall_now())->removed, 2U);
  EXPECT_EQ(view.range({}, kLastPossibleId, 10)->size(), 0U);
}

TEST_F(JournalTest, LookingNeedsAFolder) {
  EXPECT_EQ(Journal::open_to_look(folder(), clock_).error().code, ErrorCode::kNotFound);
}

TEST_F(JournalTest, ASegmentWithoutItsSnapshotIsRemovedAtOpen) {
  open();
  ASSERT_TRUE(stream_->append("1").has_value());
  journal_.reset();
  {
    const std::ofstream torn(folder() / "EVENTS" / segment_file_name(2));
  }
  {
    const std::ofstream orphan(folder() / "EVENTS" / (segment_file_name(0) + "-wal"));
  }
  open();
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(segments(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder() / "EVENTS" / (segment_file_name(0) + "-wal")));
}

TEST_F(JournalTest, DamagedRecordsAreCountedAndLeftOutTheOthersStay) {
  open();
  ASSERT_TRUE(stream_->create_group("g", GroupStart::kFromBeginning).has_value());
  for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(stream_->append(text).has_value());
  journal_.reset();
  {
    auto disk = record::Connection::open(folder() / "EVENTS" / segment_file_name(1),
                                         record::Access::kReadWrite, std::chrono::seconds(1))
                    .value();
    ASSERT_TRUE(disk.execute("UPDATE block SET bytes = replace(bytes, 'two', 'tWo') WHERE n = 2")
                    .has_value());
  }
  open();
  const auto got = stream_->read({.group = "g", .consumer = "a"}).value();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got.back().entry.bytes, "three");
  EXPECT_EQ(stream_->info()->damaged, 1U);
}

TEST_F(JournalTest, AnUnknownFormatIsRefused) {
  open();
  journal_.reset();
  {
    auto disk = record::Connection::open(folder() / "EVENTS" / segment_file_name(1),
                                         record::Access::kReadWrite, std::chrono::seconds(1))
                    .value();
    ASSERT_TRUE(disk.execute("PRAGMA user_version=2").has_value());
  }
  journal_ = Journal::open(folder(), {}, clock_).value();
  EXPECT_EQ(journal_->open("EVENTS").error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(JournalTest, AFullDiskRefusesLosesNothingAndGoesOnWhenThereIsRoom) {
  open({.linger = std::chrono::milliseconds(1)});
  ASSERT_TRUE(stream_->create_group("g", GroupStart::kFromBeginning).has_value());
  ASSERT_EQ(std::signal(SIGXFSZ, SIG_IGN), SIG_DFL);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = rlim_t{1} << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string record(50'000, 'x');
  std::size_t stored = 0;
  Result<Appended> appended = Appended{};
  while (stored < 100) {
    appended = stream_->append(record);
    if (!appended) break;
    ++stored;
  }
  const Result<Appended> buffered = stream_->append(record, {.durability = Durability::kBuffered});
  const Status flushed = stream_->flush();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_FALSE(appended.has_value());
  EXPECT_EQ(appended.error().code, ErrorCode::kResourceExhausted) << appended.error().message;
  EXPECT_GT(stored, 5U);
  ASSERT_TRUE(buffered.has_value());
  EXPECT_FALSE(flushed.has_value()) << "the buffered record is not safe yet";
  ASSERT_TRUE(stream_->append("room again").has_value());
  open();
  const std::vector<Entry> entries = all();
  ASSERT_EQ(entries.size(), stored + 2) << "the refused one is not there, the buffered one is";
  EXPECT_EQ(entries.back().bytes, "room again");
  EXPECT_EQ(entries[stored].id, buffered->id);
}

TEST_F(JournalTest, ManyChangesAreFoldedIntoASnapshot) {
  open();
  ASSERT_TRUE(stream_->create_group("g", GroupStart::kFromBeginning).has_value());
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(stream_
                    ->append("x", {.durability = Durability::kBuffered,
                                   .mark = ProducerMark{.producer = "p", .sequence = i + 1}})
                    .has_value());
    if (i % 50 != 0) continue;
    ASSERT_TRUE(stream_->flush().has_value());
  }
  open();
  EXPECT_EQ(stream_->info()->entries, 5'000U);
  EXPECT_TRUE(
      stream_->append("x", {.mark = ProducerMark{.producer = "p", .sequence = 5'000}})->duplicate);
}

}  // namespace
}  // namespace temper::streams
