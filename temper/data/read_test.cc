#include "temper/data/read.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <fstream>

#include "temper/core/file.h"
#include "temper/data/write.h"

namespace temper::data {
namespace {

class ReadTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::create("temper-read-test");
    ASSERT_TRUE(folder) << folder.error().message;
    folder_.emplace(std::move(*folder));
  }

  std::filesystem::path file(std::string_view content, std::string_view name = "table") {
    const auto path = folder_->path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path gzipped(const std::string& content) {
    const auto path = folder_->path() / "table.gz";
    gzFile out = gzopen(path.c_str(), "wb");
    gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
    gzclose(out);
    return path;
  }

  Table read(std::string_view content, const ReadOptions& options = {}) {
    auto table = read_table(file(content), options);
    EXPECT_TRUE(table) << table.error().message;
    return table ? std::move(*table) : Table{};
  }

  Error error_of(std::string_view content, const ReadOptions& options = {}) {
    const auto table = read_table(file(content), options);
    EXPECT_FALSE(table) << "read " << table->rows() << " rows";
    return table ? Error{} : table.error();
  }

  std::optional<TemporaryFolder> folder_;
};

void expect_mentions(const Error& error, std::string_view text) {
  EXPECT_NE(error.message.find(text), std::string::npos) << error.message;
}

std::string flights_csv() {
  return "carrier,delay,distance,late,when\n"
         "UA,2.5,1400,true,2013-01-01T10:00:00Z\n"
         "AA,,1089,false,2013-01-01 11:30:00\n"
         "NA,-3,NA,,\n";
}

TEST_F(ReadTest, GivesCsvColumnsTheNarrowestTypeThatHoldsAllRows) {
  const Table table = read(flights_csv());
  ASSERT_EQ(table.rows(), 3U);
  const std::vector<ColumnType> expected = {ColumnType::kString, ColumnType::kDouble,
                                            ColumnType::kInt64, ColumnType::kBool,
                                            ColumnType::kTimestamp};
  for (std::size_t index = 0; index < expected.size(); ++index) {
    EXPECT_EQ(table.columns[index].type, expected[index]) << table.columns[index].name;
  }
}

TEST_F(ReadTest, KeepsMissingValuesApartFromZeros) {
  const Table table = read(flights_csv());
  EXPECT_TRUE(table.columns[0].is_missing(2));
  EXPECT_TRUE(table.columns[1].is_missing(1));
  EXPECT_TRUE(std::isnan(table.columns[1].number(1)));
  EXPECT_TRUE(table.columns[2].is_missing(2));
  EXPECT_TRUE(table.columns[3].is_missing(2));
  EXPECT_TRUE(table.columns[4].is_missing(2));
  EXPECT_EQ(table.columns[1].missing_count(), 1U);
  EXPECT_EQ(table.columns[1].number(0), 2.5);
}

TEST_F(ReadTest, ReadsTimesAsUtcNanoseconds) {
  const Table table = read(flights_csv());
  EXPECT_EQ(table.columns[4].integer(0), 1'357'034'400'000'000'000);
  EXPECT_EQ(table.columns[4].integer(1), 1'357'039'800'000'000'000);
  EXPECT_EQ(table.columns[4].display(1), "2013-01-01T11:30:00Z");
}

TEST_F(ReadTest, OneStrayWordFarDownMakesAColumnOfStrings) {
  std::string csv = "value\n";
  for (int row = 0; row < 60'000; ++row) csv += std::to_string(row) + "\n";
  csv += "ninety\n";
  const Table table = read(csv);
  ASSERT_EQ(table.rows(), 60'001U);
  EXPECT_EQ(table.columns[0].type, ColumnType::kString);
  EXPECT_EQ(table.columns[0].text(60'000), "ninety");
  EXPECT_EQ(table.columns[0].text(59'999), "59999");
}

TEST_F(ReadTest, ReadsQuotedFieldsWithSeparatorsQuotesAndLineEnds) {
  const Table table = read("name;note\n\"a;b\";\"say \"\"hi\"\"\"\nplain;\"two\nlines\"\n");
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.columns[0].text(0), "a;b");
  EXPECT_EQ(table.columns[1].text(0), "say \"hi\"");
  EXPECT_EQ(table.columns[1].text(1), "two\nlines");
}

TEST_F(ReadTest, ReadsNanAndInfinityAsNumbers) {
  const Table table = read("x\n1.5\nnan\ninf\n");
  ASSERT_EQ(table.columns[0].type, ColumnType::kDouble);
  EXPECT_TRUE(table.columns[0].is_missing(1));
  EXPECT_EQ(table.columns[0].present[1], 1);
  EXPECT_TRUE(std::isinf(table.columns[0].number(2)));
}

TEST_F(ReadTest, WidensIntegersBeyond64BitsToDoubles) {
  const Table table = read("x\n1\n99999999999999999999\n");
  ASSERT_EQ(table.columns[0].type, ColumnType::kDouble);
  EXPECT_EQ(table.columns[0].number(1), 1e20);
}

TEST_F(ReadTest, GivesAnEmptyTableForAHeaderWithoutRows) {
  const Table table = read("a,b\n");
  EXPECT_EQ(table.rows(), 0U);
  EXPECT_EQ(table.columns.size(), 2U);
}

TEST_F(ReadTest, ReadsOnlyTheColumnsAskedForInTheOrderAskedFor) {
  const Table table = read(flights_csv(), {.columns = {"distance", "carrier"}});
  ASSERT_EQ(table.columns.size(), 2U);
  EXPECT_EQ(table.columns[0].name, "distance");
  EXPECT_EQ(table.columns[1].text(0), "UA");
}

TEST_F(ReadTest, SortsByColumnsAndKeepsTheFilesOrderAmongTies) {
  std::string csv = "key,place\n,0\n";
  for (int row = 1; row <= 5000; ++row) csv += fmt::format("{},{}\n", row % 3, row);
  const Table table = read(csv, {.order_by = {"key"}});
  ASSERT_EQ(table.rows(), 5001U);
  EXPECT_TRUE(table.columns[0].is_missing(5000)) << "missing keys come last";
  for (std::size_t row = 1; row < 5000; ++row) {
    const auto key = table.columns[0].integer(row);
    const auto key_before = table.columns[0].integer(row - 1);
    ASSERT_LE(key_before, key);
    if (key_before == key) {
      ASSERT_LT(table.columns[1].integer(row - 1), table.columns[1].integer(row));
    }
  }
}

TEST_F(ReadTest, KeepsOnlyRowsThatMeetTheCondition) {
  const Table table = read(flights_csv(), {.columns = {"carrier"}, .where = "distance > 1100"});
  ASSERT_EQ(table.rows(), 1U);
  EXPECT_EQ(table.columns[0].text(0), "UA");
}

TEST_F(ReadTest, ReadsJsonLinesAndArrays) {
  for (const auto* text :
       {"{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null}\n", " [{\"a\":1,\"b\":\"x\"},{\"a\":2}]"}) {
    const Table table = read(text);
    ASSERT_EQ(table.rows(), 2U) << text;
    EXPECT_EQ(table.columns[0].integer(1), 2);
    EXPECT_EQ(table.columns[1].text(0), "x");
    EXPECT_TRUE(table.columns[1].is_missing(1));
  }
}

TEST_F(ReadTest, GivesJsonOfMixedTypesAsUnquotedText) {
  const Table table = read("{\"a\":1}\n{\"a\":\"x\"}\n");
  ASSERT_EQ(table.columns[0].type, ColumnType::kString);
  EXPECT_EQ(table.columns[0].text(0), "1");
  EXPECT_EQ(table.columns[0].text(1), "x");
}

TEST_F(ReadTest, RefusesANestedColumnOnlyWhenItIsAskedFor) {
  const char* text = "{\"a\":1,\"b\":{\"c\":2}}\n{\"a\":3,\"b\":{\"c\":4}}\n";
  expect_mentions(error_of(text), "'b' is nested");
  EXPECT_EQ(read(text, {.columns = {"a"}}).rows(), 2U);
}

TEST_F(ReadTest, ReadsGzippedCsvWhateverItsName) {
  auto table = read_table(gzipped(flights_csv()));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->rows(), 3U);
}

TEST_F(ReadTest, ReadsParquetUnderAMisleadingName) {
  const auto path = folder_->path() / "table.csv";
  ASSERT_TRUE(write_parquet(read(flights_csv()), path));
  auto reader = TableReader::open(path);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->kind(), FileKind::kParquet);
}

TEST_F(ReadTest, TakesAPathWithPatternCharactersAndQuotesLiterally) {
  const auto path = file(flights_csv(), "a*[b]?'; DROP TABLE x; --.csv");
  file("other\n1\n", "axx.csv");
  auto table = read_table(path);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->columns[0].name, "carrier");
}

TEST_F(ReadTest, StreamsBatchesThatMakeUpTheWholeFile) {
  std::string csv = "value\n";
  for (int row = 0; row < 50'000; ++row) csv += std::to_string(row) + "\n";
  auto reader = TableReader::open(file(csv));
  ASSERT_TRUE(reader) << reader.error().message;
  std::int64_t expected = 0;
  std::size_t batches = 0;
  for (;;) {
    auto batch = reader->next(4096);
    ASSERT_TRUE(batch) << batch.error().message;
    if (!*batch) break;
    ++batches;
    for (const std::int64_t value : (*batch)->columns[0].integers()) EXPECT_EQ(value, expected++);
  }
  EXPECT_EQ(expected, 50'000);
  EXPECT_GT(batches, 5U);
}

TEST_F(ReadTest, ReadsAMillionRows) {
  std::string csv = "id,x,group\n";
  for (int row = 0; row < 1'000'000; ++row) {
    csv += fmt::format("{},{:.2f},g{}\n", row, row * 0.25, row % 7);
  }
  const Table table = read(csv);
  ASSERT_EQ(table.rows(), 1'000'000U);
  EXPECT_EQ(table.columns[0].integer(999'999), 999'999);
  EXPECT_EQ(table.columns[2].text(999'999), "g0");
}

TEST_F(ReadTest, RefusesARaggedCsvNamingTheLine) {
  const Error error = error_of("a,b,c\n1,2,3\n4,5\n6,7,8\n");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  expect_mentions(error, "3");
  expect_mentions(error, "Columns");
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
  EXPECT_EQ(error.message.find("/proc/self"), std::string::npos) << error.message;
}

TEST_F(ReadTest, RefusesALineWithTooManyFields) {
  EXPECT_EQ(error_of("a,b\n1,2\n3,4,5\n").code, ErrorCode::kInvalidArgument);
}

TEST_F(ReadTest, RefusesAnEmptyFile) { expect_mentions(error_of(""), "the file is empty"); }

TEST_F(ReadTest, RefusesAColumnThatIsNotThereNamingThoseThatAre) {
  expect_mentions(error_of("a,b\n1,2\n", {.columns = {"c"}}), "the columns are 'a', 'b'");
  expect_mentions(error_of("a,b\n1,2\n", {.order_by = {"c"}}), "there is no column 'c'");
}

TEST_F(ReadTest, RefusesTwoColumnsOfOneName) {
  expect_mentions(error_of("a,b,A\n1,2,3\n"), "not told apart");
}

TEST_F(ReadTest, RefusesATruncatedParquetFile) {
  EXPECT_EQ(error_of("PAR1 and nothing more").code, ErrorCode::kInvalidArgument);
}

TEST_F(ReadTest, RefusesBrokenJson) {
  EXPECT_EQ(error_of("{\"a\":1}\n{\"a\":\n").code, ErrorCode::kInvalidArgument);
}

TEST_F(ReadTest, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(error_of("a,b\n1,\xC3\x28\n").code, ErrorCode::kInvalidArgument);
}

TEST_F(ReadTest, RefusesAMissingFileAndAFolder) {
  EXPECT_EQ(read_table(folder_->path() / "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_table(folder_->path()).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ReadTest, AConditionCanReachNoOtherFileAndNoSetting) {
  const auto secret = file("s\n1\n", "secret.csv");
  const auto attempt = [this](const std::string& where) {
    const auto table = read_table(file("a\n1\n"), {.where = where});
    EXPECT_FALSE(table) << where;
  };
  attempt(fmt::format("a IN (SELECT s FROM read_csv('{}'))", secret.string()));
  attempt("a IN (SELECT length(content) FROM read_text('/etc/passwd'))");
  attempt("1=1); SET enable_external_access = true; SELECT (1=1");
  attempt("a IN (SELECT 1 FROM glob('/*'))");
}

TEST_F(ReadTest, ReportsMemoryThatDoesNotSuffice) {
  std::string csv = "value,text\n";
  for (int row = 0; row < 300'000; ++row) {
    csv += fmt::format("{},some words to fill the memory {}\n", row, row);
  }
  const auto table = read_table(
      file(csv), {.order_by = {"text"}, .memory_bytes = std::uint64_t{8} << 20, .threads = 1});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kResourceExhausted) << table.error().message;
}

}  // namespace
}  // namespace temper::data
