#include "temper/cli/client/table_inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace temper::client {
namespace {

using data::Column;
using data::Table;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

TensorSpec spec(const char* name, DataType type, Shape shape) {
  return {.name = name, .datatype = type, .shape = std::move(shape), .dimension_names = {}};
}

Table flights() {
  Table table;
  table.columns = {Column::of_numbers("distance", {100, 200, kMissing}),
                   Column::of_strings("carrier", {"UA", "B6", "DL"}),
                   Column::of_integers("month", {1, 2, 300}), Column::of_bools("late", {0, 1, 0})};
  return table;
}

Result<std::vector<oip::NamedTensor>> build(const Signature& signature, const Table& table,
                                            std::size_t first, std::size_t count,
                                            const TableInputs::Options& options = {}) {
  TEMPER_TRY(const TableInputs inputs, TableInputs::create(signature, table, options));
  return inputs.build(table, first, count);
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(TableInputsTest, FeedsEachInputFromTheColumnOfItsName) {
  const Signature signature{
      .inputs = {spec("carrier", DataType::kBytes, {-1, 1}),
                 spec("distance", DataType::kFp32, {-1, 1}), spec("month", DataType::kInt64, {-1}),
                 spec("late", DataType::kBool, {-1, 1})},
      .outputs = {}};
  const auto tensors = build(signature, flights(), 0, 2);
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(string_elements((*tensors)[0].tensor)->at(1), "B6");
  EXPECT_EQ((*tensors)[1].tensor.shape, (Shape{2, 1}));
  EXPECT_EQ(values_of<float>((*tensors)[1].tensor), (std::vector<float>{100, 200}));
  EXPECT_EQ((*tensors)[2].tensor.shape, (Shape{2}));
  EXPECT_EQ(values_of<std::int64_t>((*tensors)[2].tensor), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(values_of<std::uint8_t>((*tensors)[3].tensor), (std::vector<std::uint8_t>{0, 1}));
}

TEST(TableInputsTest, AMissingNumberIsNaN) {
  const Signature signature{.inputs = {spec("distance", DataType::kFp64, {-1, 1})}, .outputs = {}};
  const auto tensors = build(signature, flights(), 2, 1);
  ASSERT_TRUE(tensors);
  EXPECT_TRUE(std::isnan(values_of<double>((*tensors)[0].tensor).at(0)));
}

TEST(TableInputsTest, FeedsAMatrixFromTheColumnsNamed) {
  const Signature signature{.inputs = {spec("x", DataType::kFp32, {-1, 2})}, .outputs = {}};
  const auto tensors =
      build(signature, flights(), 0, 2, {.features = {"month", "distance"}, .not_features = {}});
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ((*tensors)[0].tensor.shape, (Shape{2, 2}));
  EXPECT_EQ(values_of<float>((*tensors)[0].tensor), (std::vector<float>{1, 100, 2, 200}));
}

TEST(TableInputsTest, AMatrixTakesAllColumnsButLabelAndTime) {
  Table table = flights();
  table.columns.erase(table.columns.begin() + 1);
  const Signature signature{.inputs = {spec("x", DataType::kFp32, {-1, 2})}, .outputs = {}};
  const auto tensors = build(signature, table, 0, 1, {.features = {}, .not_features = {"late"}});
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(values_of<float>((*tensors)[0].tensor), (std::vector<float>{100, 1}));
  EXPECT_FALSE(build(signature, table, 0, 1));
}

TEST(TableInputsTest, NamesTheMissingColumnAndThoseThereAre) {
  const Signature signature{.inputs = {spec("speed", DataType::kFp32, {-1, 1})}, .outputs = {}};
  const auto tensors = build(signature, flights(), 0, 1);
  ASSERT_FALSE(tensors);
  EXPECT_EQ(tensors.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(tensors.error().message.find("'speed'"), std::string::npos);
  EXPECT_NE(tensors.error().message.find("'distance'"), std::string::npos);
}

TEST(TableInputsTest, RefusesWhatAnInputCannotHold) {
  const Table table = flights();
  const auto refusal = [&table](TensorSpec input, std::size_t row) {
    const auto tensors = build({.inputs = {std::move(input)}, .outputs = {}}, table, row, 1);
    return tensors ? std::string() : tensors.error().message;
  };
  // A text in a number, a missing value and a too large one in an integer, a 2 in a boolean.
  EXPECT_NE(refusal(spec("carrier", DataType::kFp32, {-1, 1}), 0), "");
  EXPECT_NE(refusal(spec("distance", DataType::kInt64, {-1, 1}), 2), "");
  EXPECT_NE(refusal(spec("month", DataType::kInt8, {-1, 1}), 2), "");
  EXPECT_NE(refusal(spec("month", DataType::kBool, {-1, 1}), 1), "");
  EXPECT_NE(refusal(spec("month", DataType::kFp16, {-1, 1}), 0), "");
  EXPECT_NE(refusal(spec("month", DataType::kFp32, {-1, 3, 8}), 0), "");
  EXPECT_EQ(refusal(spec("month", DataType::kInt16, {-1, 1}), 2), "");
}

TEST(TableInputsTest, NumbersBecomeTextAsTheyPrint) {
  const Signature signature{.inputs = {spec("month", DataType::kBytes, {-1, 1})}, .outputs = {}};
  const auto tensors = build(signature, flights(), 2, 1);
  ASSERT_TRUE(tensors);
  EXPECT_EQ(string_elements((*tensors)[0].tensor)->at(0), "300");
}

}  // namespace
}  // namespace temper::client
