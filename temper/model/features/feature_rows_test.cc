#include "temper/model/features/feature_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace temper {
namespace {

using ::testing::ElementsAre;

template <typename T>
Tensor tensor_of(DataType type, Shape shape, const std::vector<T>& values) {
  return Tensor::copy_of(type, std::move(shape), std::as_bytes(std::span(values)));
}

TEST(FeatureRowsTest, TakesColumnsOutOfRows) {
  const Signature signature{
      .inputs =
          {{.name = "x", .datatype = DataType::kFp32, .shape = {-1, 2}, .dimension_names = {}},
           {.name = "carrier",
            .datatype = DataType::kBytes,
            .shape = {-1, 1},
            .dimension_names = {}},
           {.name = "age", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {}}},
      .outputs = {}};
  const FeatureMap map = FeatureMap::derived(signature);
  const std::vector<std::string> carriers = {"AA", "", "UA"};
  const std::vector<Tensor> inputs = {tensor_of<float>(DataType::kFp32, {3, 2}, {1, 2, 3, 4, 5, 6}),
                                      Tensor::of_strings({3, 1}, carriers),
                                      tensor_of<std::int64_t>(DataType::kInt64, {3}, {7, 8, 9})};
  std::vector<FeatureColumn> columns;
  // Twice: what an earlier call left must not show.
  for (int time = 0; time < 2; ++time) {
    take_feature_rows(map, inputs, columns);
    ASSERT_EQ(columns.size(), 4U);
    EXPECT_THAT(columns[0].numbers, ElementsAre(1, 3, 5));
    EXPECT_THAT(columns[1].numbers, ElementsAre(2, 4, 6));
    EXPECT_THAT(columns[2].texts, ElementsAre("AA", "", "UA"));
    EXPECT_THAT(columns[3].numbers, ElementsAre(7, 8, 9));
  }
}

TEST(FeatureRowsTest, WidensEveryNumericType) {
  const auto first = [](const Tensor& tensor) { return element_as_number(tensor, 1); };
  EXPECT_EQ(first(tensor_of<std::uint8_t>(DataType::kBool, {2}, {0, 1})), 1);
  EXPECT_EQ(first(tensor_of<std::uint8_t>(DataType::kUint8, {2}, {0, 255})), 255);
  EXPECT_EQ(first(tensor_of<std::uint16_t>(DataType::kUint16, {2}, {0, 65535})), 65535);
  EXPECT_EQ(first(tensor_of<std::uint32_t>(DataType::kUint32, {2}, {0, 4294967295U})), 4294967295.);
  EXPECT_EQ(first(tensor_of<std::uint64_t>(DataType::kUint64, {2}, {0, 1U << 31U})), 2147483648.);
  EXPECT_EQ(first(tensor_of<std::int8_t>(DataType::kInt8, {2}, {0, -128})), -128);
  EXPECT_EQ(first(tensor_of<std::int16_t>(DataType::kInt16, {2}, {0, -300})), -300);
  EXPECT_EQ(first(tensor_of<std::int32_t>(DataType::kInt32, {2}, {0, -70'000})), -70'000);
  EXPECT_EQ(first(tensor_of<std::int64_t>(DataType::kInt64, {2}, {0, -5})), -5);
  EXPECT_EQ(first(tensor_of<float>(DataType::kFp32, {2}, {0, 0.5F})), 0.5);
  EXPECT_EQ(first(tensor_of<double>(DataType::kFp64, {2}, {0, 0.1})), 0.1);
  EXPECT_EQ(first(tensor_of<std::uint16_t>(DataType::kBf16, {2}, {0, 0xBFC0})), -1.5);
}

TEST(FeatureRowsTest, ReadsHalfPrecision) {
  const auto half = [](std::uint16_t bits) {
    return element_as_number(tensor_of<std::uint16_t>(DataType::kFp16, {1}, {bits}), 0);
  };
  EXPECT_EQ(half(0x3C00), 1.0);
  EXPECT_EQ(half(0xC000), -2.0);
  EXPECT_EQ(half(0x7BFF), 65504.0);
  EXPECT_EQ(half(0x0001), std::ldexp(1.0, -24));
  EXPECT_EQ(half(0x7C00), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(half(0x7E00)));
}

TEST(FeatureRowsTest, WritesClassesAsLabelsAreWritten) {
  EXPECT_EQ(class_text(tensor_of<std::int64_t>(DataType::kInt64, {2}, {0, -3}), 1), "-3");
  EXPECT_EQ(class_text(tensor_of<float>(DataType::kFp32, {2, 1}, {0.5F, 2}), 0), "0.5");
  EXPECT_EQ(class_text(tensor_of<float>(DataType::kFp32, {2, 1}, {0.5F, 2}), 1), "2");
  EXPECT_EQ(class_text(tensor_of<std::uint8_t>(DataType::kBool, {2}, {0, 1}), 1), "1");
  const std::vector<std::string> names = {"spam", "ham"};
  EXPECT_EQ(class_text(Tensor::of_strings({2, 1}, names), 1), "ham");
}

}  // namespace
}  // namespace temper
