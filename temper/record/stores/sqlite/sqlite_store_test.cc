#include "temper/record/stores/sqlite/sqlite_store.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "temper/core/file.h"
#include "temper/record/stores/store_conformance_fixture.h"

namespace temper::stores {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(const StoreLimits& limits) : limits_(limits) { restart(); }
  PredictionStore& store() override { return *store_; }
  bool restart() override {
    store_.reset();
    store_ = SqliteStore::open(folder_.path() / "store.db", limits_).value();
    return true;
  }

 private:
  const StoreLimits limits_;
  TemporaryFolder folder_ = TemporaryFolder::create("temper-store").value();
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<StoreUnderTest> make_sqlite_store(const StoreLimits& limits) {
  return std::make_unique<SqliteUnderTest>(limits);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformanceTest, testing::Values(&make_sqlite_store));

class SqliteStoreTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "store.db"; }
  [[nodiscard]] std::unique_ptr<SqliteStore> open() const {
    return SqliteStore::open(file(), {}).value();
  }
  static std::vector<PredictionRecord> batch(int first, int count, std::size_t bytes = 100) {
    std::vector<PredictionRecord> records(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      PredictionRecord& record = records[static_cast<std::size_t>(i)];
      record.prediction_id = fmt::format("p{}", first + i);
      record.model = "m";
      record.rows = 1;
      record.inputs = {
          {.name = "x", .datatype = "FP32", .shape = {1}, .bytes = std::string(bytes, 'x')}};
    }
    return records;
  }
  TemporaryFolder folder_ = TemporaryFolder::create("temper-store").value();
};

TEST_F(SqliteStoreTest, RetentionGoesOverMoreRowsThanOnePortion) {
  const auto store = open();
  ASSERT_TRUE(store->insert_predictions(batch(0, 5'000)).has_value());
  EXPECT_EQ(store->remove_before(WallTime(Duration(1)))->predictions, 5'000U);
  EXPECT_EQ(store->info()->predictions, 0U);
}

TEST_F(SqliteStoreTest, TheFileRefusesToChangeAuditRows) {
  const auto store = open();
  const AuditRecord row{
      .audit_id = "a", .time_ns = 1, .actor = "ann", .action = "x", .object = "", .detail = "{}"};
  ASSERT_TRUE(store->append_audit(std::span(&row, 1)).has_value());
  auto disk =
      record::Connection::open(file(), record::Access::kReadWrite, std::chrono::seconds(1)).value();
  EXPECT_FALSE(disk.execute("UPDATE audit SET actor='bob'").has_value());
  EXPECT_FALSE(disk.execute("DELETE FROM audit").has_value());
}

TEST_F(SqliteStoreTest, AnUnknownFormatIsRefused) {
  {
    auto disk =
        record::Connection::open(file(), record::Access::kReadWrite, std::chrono::seconds(1))
            .value();
    ASSERT_TRUE(disk.execute("PRAGMA user_version=2").has_value());
  }
  EXPECT_EQ(SqliteStore::open(file(), {}).error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(SqliteStoreTest, AFullDiskRefusesWholeBatchesAndTakesThemAgainLater) {
  const auto store = open();
  ASSERT_EQ(std::signal(SIGXFSZ, SIG_IGN), SIG_DFL);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = rlim_t{1} << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  int stored = 0;
  Result<InsertResult> done = InsertResult{};
  while (stored < 2'000) {
    done = store->insert_predictions(batch(stored, 10, 5'000));
    if (!done) break;
    stored += 10;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::kResourceExhausted) << done.error().message;
  EXPECT_GT(stored, 0);
  EXPECT_EQ(store->info()->predictions, static_cast<std::uint64_t>(stored));
  EXPECT_EQ(store->insert_predictions(batch(stored, 10, 5'000))->stored, 10U);
  EXPECT_EQ(store->insert_predictions(batch(0, stored))->duplicates,
            static_cast<std::uint64_t>(stored));
}

/// A writer is killed again and again: what returned is there, whole batches only.
TEST_F(SqliteStoreTest, WhatReturnedIsThereAfterKills) {
  constexpr int kBatch = 7;
  int first = 0;
  for (int kill = 0; kill < 12; ++kill) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto store = SqliteStore::open(file(), {});
      for (int next = first; store; next += kBatch) {
        if (!(*store)->insert_predictions(batch(next, kBatch))) break;
        if (::write(pipe_ends[1], &next, sizeof next) != sizeof next) break;
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    int acknowledged = -1;
    for (int told = 0; told < 2 + kill; ++told) {
      ASSERT_EQ(::read(pipe_ends[0], &acknowledged, sizeof acknowledged),
                static_cast<ssize_t>(sizeof acknowledged));
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    while (::read(pipe_ends[0], &acknowledged, sizeof acknowledged) > 0) {
    }
    ::close(pipe_ends[0]);
    const auto store = open();
    const std::uint64_t there = store->info()->predictions;
    EXPECT_GE(there, static_cast<std::uint64_t>(acknowledged + kBatch));
    EXPECT_EQ(there % kBatch, 0U) << "half a batch is stored";
    first = static_cast<int>(there);
  }
}

}  // namespace
}  // namespace temper::stores
