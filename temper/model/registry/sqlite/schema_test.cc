#include "temper/model/registry/sqlite/schema.h"

#include <gtest/gtest.h>

#include "temper/core/file.h"

namespace temper::registry {
namespace {

using namespace std::chrono_literals;

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() : folder_(TemporaryFolder::create("schema").value()) {}
  [[nodiscard]] Connection open(Duration patience = 1s) const {
    return Connection::open(folder_.path() / "r.db", patience).value();
  }
  TemporaryFolder folder_;
};

TEST_F(SchemaTest, MigratesANewFileOnceAndRecordsIt) {
  Connection connection = open();
  ASSERT_TRUE(migrate(connection, WallTime(5ns)).has_value());
  ASSERT_TRUE(migrate(connection, WallTime(9ns)).has_value());
  EXPECT_EQ(connection.query_integer("PRAGMA user_version"), kSchemaVersion);
  EXPECT_EQ(connection.query_integer("SELECT count(*) FROM schema_migration"), kSchemaVersion);
  EXPECT_EQ(connection.query_integer("SELECT max(applied_at_ns) FROM schema_migration"), 5);
}

TEST_F(SchemaTest, RefusesAFileOfANewerProgram) {
  Connection connection = open();
  ASSERT_TRUE(connection.execute("PRAGMA user_version=999").has_value());
  const Status migrated = migrate(connection, WallTime());
  ASSERT_FALSE(migrated.has_value());
  EXPECT_EQ(migrated.error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(SchemaTest, WritesSurviveAPowerCut) {
  Connection connection = open();
  constexpr std::int64_t kFull = 2;
  EXPECT_EQ(connection.query_integer("PRAGMA synchronous"), kFull);
  EXPECT_EQ(connection.query_integer(
                "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"),
            1);
}

TEST_F(SchemaTest, AFailedWriteLeavesNothing) {
  Connection connection = open();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (x INTEGER)").has_value());
  const Status written = connection.write([&]() -> Status {
    TEMPER_TRY_STATUS(connection.execute("INSERT INTO t VALUES (1)"));
    return fail(ErrorCode::kInvalidArgument, "no");
  });
  EXPECT_FALSE(written.has_value());
  EXPECT_EQ(connection.query_integer("SELECT count(*) FROM t"), 0);
}

TEST_F(SchemaTest, AHeldDatabaseIsUnavailableOncePatienceIsOver) {
  Connection holder = open();
  Connection waiter = open(1ms);
  const Status held = holder.write([&]() -> Status {
    const Status refused = waiter.write([]() -> Status { return {}; });
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    return {};
  });
  EXPECT_TRUE(held.has_value());
}

TEST_F(SchemaTest, AFullDatabaseIsExhausted) {
  Connection connection = open();
  ASSERT_TRUE(connection.execute("PRAGMA max_page_count=8; CREATE TABLE t (x BLOB)").has_value());
  const Status written = connection.execute("INSERT INTO t VALUES (zeroblob(1000000))");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace temper::registry
