#include "temper/data/write.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "temper/core/file.h"

namespace temper::data {
namespace {

class WriteTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::create("temper-write-test");
    ASSERT_TRUE(folder) << folder.error().message;
    folder_.emplace(std::move(*folder));
    path_ = folder_->path() / "out.parquet";
  }

  [[nodiscard]] std::size_t files_in_folder() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(folder_->path())) {
      ++count;
    }
    return count;
  }

  std::optional<TemporaryFolder> folder_;
  std::filesystem::path path_;
};

Table all_types() {
  Table table;
  table.columns.push_back(Column::of_bools("b", {1, 0, 0}));
  table.columns.push_back(Column::of_integers("i", {std::numeric_limits<std::int64_t>::min(), -1,
                                                    std::numeric_limits<std::int64_t>::max()}));
  table.columns.push_back(Column::of_numbers("a \"quoted\" name", {0.1, std::nan(""), -1.0 / 3.0}));
  table.columns.push_back(Column::of_strings("s", {"", "line\nend", std::string("a\0b", 3)}));
  table.columns.push_back(Column::of_timestamps("t", {1'357'034'400'123'456'789, -1, 0}));
  for (Column& column : table.columns) {
    if (column.name != "s") column.present[1] = column.name == "a \"quoted\" name" ? 1 : 0;
  }
  return table;
}

TEST_F(WriteTest, RoundTripsEveryTypeWithItsMissingValues) {
  const Table written = all_types();
  const auto status = write_parquet(written, path_);
  ASSERT_TRUE(status) << status.error().message;
  const auto read = read_table(path_);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->columns.size(), written.columns.size());
  for (std::size_t index = 0; index < written.columns.size(); ++index) {
    const Column& expected = written.columns[index];
    const Column& got = read->columns[index];
    EXPECT_EQ(got.name, expected.name);
    EXPECT_EQ(got.type, expected.type) << expected.name;
    EXPECT_EQ(got.present, expected.present) << expected.name;
    for (std::size_t row = 0; row < expected.size(); ++row) {
      EXPECT_EQ(got.display(row), expected.display(row)) << expected.name << " row " << row;
    }
  }
}

TEST_F(WriteTest, ReplacesTheTargetAndLeavesNothingBeside) {
  std::ofstream(path_) << "old";
  ASSERT_TRUE(write_parquet(all_types(), path_));
  EXPECT_TRUE(read_table(path_));
  EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(WriteTest, RefusesTablesThatAreNone) {
  EXPECT_FALSE(write_parquet({}, path_));
  Table table;
  table.columns.push_back(Column::of_integers("a", {1, 2}));
  table.columns.push_back(Column::of_integers("b", {1}));
  EXPECT_EQ(write_parquet(table, path_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(WriteTest, WritesTheAnswerOfAQueryAboutAFile) {
  const auto source = folder_->path() / "in.csv";
  std::ofstream(source) << "a,b\n3,x\n1,y\n2,\n";
  const auto report = query_to_parquet(
      source, "SELECT a * 2 AS doubled FROM data WHERE b IS NOT NULL ORDER BY a", path_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->rows_in, 3U);
  EXPECT_EQ(report->rows_out, 2U);
  const auto table = read_table(path_);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns[0].integers(), (std::vector<std::int64_t>{2, 6}));
}

TEST_F(WriteTest, AQueryReachesNothingButItsSource) {
  const auto source = folder_->path() / "in.csv";
  std::ofstream(source) << "a\n1\n";
  for (const char* sql :
       {"SELECT * FROM read_text('/etc/passwd')", "DROP TABLE data", "SELECT 1; SELECT 2",
        "SELECT 1) TO '/tmp/elsewhere.parquet' (FORMAT parquet); SELECT (1", "SELEC 1"}) {
    EXPECT_FALSE(query_to_parquet(source, sql, path_)) << sql;
    EXPECT_FALSE(std::filesystem::exists(path_)) << sql;
  }
  EXPECT_EQ(files_in_folder(), 1U) << "a failed query leaves nothing behind";
}

}  // namespace
}  // namespace temper::data
