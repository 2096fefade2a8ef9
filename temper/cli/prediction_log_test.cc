#include "temper/cli/prediction_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temper/core/file.h"
#include "temper/model/features/feature_rows.h"

namespace temper::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> found;
  for (const TensorSpec& spec : specs) found.push_back(spec.name);
  return found;
}

class PredictionLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(::testing::TempDir()) /
            (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".csv");
  }
  void TearDown() override { std::filesystem::remove(file_); }
  void write(const std::string& text) { ASSERT_TRUE(write_file_atomically(file_, text)); }

  /// Every third row is labelled wrongly and every seventh not at all; from the latest row back.
  void write_a_log(int rows) {
    std::string text = "at,seen,id,kind,size,said,late\n";
    for (int k = rows - 1; k >= 0; --k) {
      const std::string label = k % 7 == 0 ? "" : k % 3 == 0 ? "1" : "0";
      text += fmt::format("2020-01-01T{:02}:{:02}:00Z,2020-02-01T00:00:00Z,{},{},{}.5,0,{}\n",
                          k / 60 % 24, k % 60, k, k % 2 == 0 ? "even" : "odd", k % 10, label);
    }
    write(text);
  }

  std::filesystem::path file_;
  LogColumns columns_{.time = "at", .label = "late", .predictions = {"said"}, .excluded = {"id"}};
};

TEST_F(PredictionLogTest, FeaturesAreWhatIsLeft) {
  write_a_log(10);
  const Signature signature = signature_of_log(file_, columns_).value();
  EXPECT_THAT(names(signature.inputs), ElementsAre("kind", "size"));
  EXPECT_THAT(names(signature.outputs), ElementsAre("said"));
  EXPECT_EQ(signature.inputs[0].datatype, DataType::kBytes);
  EXPECT_EQ(signature.inputs[1].datatype, DataType::kFp64);
}

TEST_F(PredictionLogTest, RowsComeInTheOrderOfTheirTime) {
  write_a_log(10);
  const Signature signature = signature_of_log(file_, columns_).value();
  const PredictionLog log = PredictionLog::read(file_, signature, columns_).value();
  ASSERT_EQ(log.rows(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(log.times_ns()));
  const std::vector<Tensor> row = log.inputs(3, 1).value();
  EXPECT_THAT(string_elements(row[0]).value(), ElementsAre("odd"));
  EXPECT_EQ(element_as_number(row[1], 0), 3.5);
  EXPECT_EQ(element_as_number(log.outputs(3, 1).value()[0], 0), 0);
}

TEST_F(PredictionLogTest, TheFirstPredictionIsComparedWithTheLabel) {
  write_a_log(10);
  const Signature signature = signature_of_log(file_, columns_).value();
  const PredictionLog log = PredictionLog::read(file_, signature, columns_).value();
  EXPECT_EQ(log.correct(3), std::optional(false));
  EXPECT_EQ(log.correct(4), std::optional(true));
  EXPECT_EQ(log.correct(7), std::nullopt);
  EXPECT_EQ(log.label(3), std::optional<std::string>("1"));
}

TEST_F(PredictionLogTest, WhatWasLearnedNamesTheSameColumns) {
  write_a_log(840);
  const Signature signature = signature_of_log(file_, columns_).value();
  const PredictionLog log = PredictionLog::read(file_, signature, columns_).value();
  const drift::DriftReference learned = learn_from_log(log, signature, {}).value();
  EXPECT_EQ(signature_of(learned), signature);
  // Of 840 rows 120 have no label, and of the 280 every third 40 are among those.
  EXPECT_EQ(learned.accuracy_rows, 720U);
  EXPECT_DOUBLE_EQ(learned.accuracy.value(), 480.0 / 720.0);
}

TEST_F(PredictionLogTest, SaysWhichTimeItCannotTell) {
  write_a_log(10);
  const Signature signature = signature_of_log(file_, columns_).value();
  columns_.time = "";
  EXPECT_THAT(PredictionLog::read(file_, signature, columns_).error().message,
              HasSubstr("'at' and 'seen' both hold timestamps"));
  columns_.time = "kind";
  EXPECT_THAT(PredictionLog::read(file_, signature, columns_).error().message,
              HasSubstr("column 'kind' is string"));
}

TEST_F(PredictionLogTest, RefusesARowWithoutATime) {
  write("at,kind,size,said,late\n2020-01-01T00:00:00Z,odd,1.5,0,0\n,odd,1.5,0,0\n");
  columns_.excluded = {};
  const Signature signature = signature_of_log(file_, columns_).value();
  EXPECT_THAT(PredictionLog::read(file_, signature, columns_).error().message,
              HasSubstr("1 rows have no value in column 'at'"));
}

TEST_F(PredictionLogTest, RefusesTextWhereNumbersWereLearned) {
  write_a_log(10);
  Signature signature = signature_of_log(file_, columns_).value();
  signature.inputs[0].datatype = DataType::kFp64;
  EXPECT_THAT(PredictionLog::read(file_, signature, columns_).error().message,
              HasSubstr("column 'kind' holds text"));
}

}  // namespace
}  // namespace temper::cli
