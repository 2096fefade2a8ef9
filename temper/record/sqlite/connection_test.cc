#include "temper/record/sqlite/connection.h"

#include <gtest/gtest.h>

#include "temper/core/file.h"

namespace temper::record {
namespace {

class ConnectionTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "x.db"; }
  [[nodiscard]] Result<Connection> open(Access access = Access::kReadWrite) const {
    return Connection::open(file(), access, std::chrono::milliseconds(10));
  }
  TemporaryFolder folder_ = TemporaryFolder::create("temper-sqlite").value();
};

TEST_F(ConnectionTest, ValuesComeBackByteForByte) {
  Connection connection = open().value();
  ASSERT_TRUE(connection.execute("CREATE TABLE t(a, b, c, d)").has_value());
  const std::string bytes("a\0b\xff", 4);
  Statement insert = connection.prepare("INSERT INTO t VALUES(?1, ?2, ?3, NULL)").value();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        insert.bind(1, std::int64_t{-7}).bind(2, 0.5).bind_blob(3, bytes).run().has_value());
  }
  Statement select = connection.prepare("SELECT a, b, c, d FROM t").value();
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.integer(0), -7);
  EXPECT_EQ(select.real(1), 0.5);
  EXPECT_EQ(select.view(2), bytes);
  EXPECT_TRUE(select.is_null(3));
  EXPECT_EQ(connection.query_integer("SELECT count(*) FROM t").value(), 2);
}

TEST_F(ConnectionTest, AReaderSeesWhatTheOwnerCommittedAndChangesNothing) {
  EXPECT_EQ(open(Access::kReadOnly).error().code, ErrorCode::kNotFound);
  Connection owner = open().value();
  ASSERT_TRUE(owner.execute("CREATE TABLE t(a)").has_value());
  Connection reader = open(Access::kReadOnly).value();
  ASSERT_TRUE(owner.execute("INSERT INTO t VALUES(1)").has_value());
  EXPECT_EQ(reader.query_integer("SELECT count(*) FROM t").value(), 1);
  EXPECT_FALSE(reader.execute("INSERT INTO t VALUES(2)").has_value());
}

TEST_F(ConnectionTest, AFailedWriteLeavesNothing) {
  Connection connection = open().value();
  ASSERT_TRUE(connection.execute("CREATE TABLE t(a)").has_value());
  const Status done = connection.write([&]() -> Status {
    TEMPER_TRY_STATUS(connection.execute("INSERT INTO t VALUES(1)"));
    return fail(ErrorCode::kInternal, "on purpose");
  });
  EXPECT_EQ(done.error().message, "on purpose");
  EXPECT_EQ(connection.query_integer("SELECT count(*) FROM t").value(), 0);
}

TEST_F(ConnectionTest, AFullDatabaseSaysSo) {
  Connection connection = open().value();
  ASSERT_TRUE(connection.execute("CREATE TABLE t(a); PRAGMA max_page_count=20").has_value());
  Status done;
  for (int i = 0; i < 100 && done; ++i) {
    done = connection.execute("INSERT INTO t VALUES(zeroblob(3000))");
  }
  EXPECT_EQ(done.error().code, ErrorCode::kResourceExhausted);
}

TEST_F(ConnectionTest, TwoWritersWaitForEachOtherOnlySoLong) {
  Connection one = open().value();
  Connection two = open().value();
  ASSERT_TRUE(one.execute("CREATE TABLE t(a); BEGIN IMMEDIATE").has_value());
  EXPECT_EQ(two.execute("BEGIN IMMEDIATE").error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace temper::record
