#include "temper/model/tensor/tensor.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace temper {
namespace {

Tensor floats(Shape shape, const std::vector<float>& values) {
  return Tensor::copy_of(DataType::kFp32, std::move(shape), std::as_bytes(std::span(values)));
}

TEST(DataTypeTest, NamesParseBackToTheSameType) {
  for (int k = 0; k <= static_cast<int>(DataType::kBytes); ++k) {
    const auto type = static_cast<DataType>(k);
    EXPECT_EQ(parse_data_type(data_type_name(type)), type);
  }
  EXPECT_EQ(parse_data_type("fp32"), std::nullopt);
  EXPECT_EQ(parse_data_type(""), std::nullopt);
}

TEST(DataTypeTest, SizesAreThoseOfTheProtocol) {
  EXPECT_EQ(element_size(DataType::kBool), 1U);
  EXPECT_EQ(element_size(DataType::kBf16), 2U);
  EXPECT_EQ(element_size(DataType::kFp16), 2U);
  EXPECT_EQ(element_size(DataType::kFp64), 8U);
  EXPECT_EQ(element_size(DataType::kBytes), 0U);
}

TEST(ElementCountTest, AScalarHasOneElementAndAZeroDimensionNone) {
  EXPECT_EQ(element_count({}), 1U);
  EXPECT_EQ(element_count(Shape{2, 3}), 6U);
  EXPECT_EQ(element_count(Shape{0, 3}), 0U);
}

TEST(ElementCountTest, RefusesNegativeAndAbsurdShapes) {
  EXPECT_EQ(element_count(Shape{-1, 3}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(element_count(Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}).has_value());
  EXPECT_FALSE(element_count(Shape{0, std::numeric_limits<std::int64_t>::max()}).has_value());
  EXPECT_EQ(element_count(Shape{std::int64_t{1} << 48}), std::size_t{1} << 48);
}

TEST(TensorTest, CopiesShareTheirBytes) {
  const Tensor tensor = floats({2, 2}, {1, 2, 3, 4});
  const Tensor copy = tensor;
  EXPECT_EQ(copy.data.data(), tensor.data.data());
  EXPECT_EQ(copy.rows(), 2);
}

TEST(CheckTensorTest, NamesTheTensorAndBothSizes) {
  Tensor tensor = floats({3}, {1, 2});
  const auto status = check_tensor(tensor, "age");
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "tensor 'age': 8 bytes came, FP32 [3] needs 12");
}

TEST(StringsTest, RoundTripIncludingEmptyAndBinaryValues) {
  const std::vector<std::string> values = {"", "a", std::string("\0\xff", 2)};
  const Tensor tensor = Tensor::of_strings({3}, values);
  EXPECT_TRUE(check_tensor(tensor, "s").has_value());
  const auto elements = string_elements(tensor);
  ASSERT_TRUE(elements.has_value());
  EXPECT_EQ(std::vector<std::string>(elements->begin(), elements->end()), values);
}

TEST(StringsTest, RefusesATruncatedElementAndTrailingBytes) {
  const std::vector<std::string> values = {"abc", "de"};
  Tensor tensor = Tensor::of_strings({2}, values);
  const auto whole = tensor.data;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    tensor.data = whole.first(size);
    EXPECT_FALSE(check_tensor(tensor, "s").has_value()) << size;
  }
  tensor.data = whole;
  tensor.shape = {1};
  EXPECT_FALSE(check_tensor(tensor, "s").has_value());
}

TEST(StringsTest, RefusesALengthThatReachesPastTheEnd) {
  const std::array<std::byte, 4> bytes = {std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                          std::byte{0xff}};
  EXPECT_FALSE(string_elements(Tensor::copy_of(DataType::kBytes, {1}, bytes)).has_value());
}

TEST(StringsTest, OtherDatatypesHaveNoStringElements) {
  EXPECT_FALSE(string_elements(floats({1}, {1})).has_value());
}

TEST(RowsTest, SlicesOfAConcatenationAreThePartsAgain) {
  const Tensor a = floats({1, 2}, {1, 2});
  const Tensor none = floats({0, 2}, {});
  const Tensor b = floats({2, 2}, {3, 4, 5, 6});
  const std::array<const Tensor*, 3> parts = {&a, &none, &b};
  const Tensor whole = concatenate_rows(parts);
  EXPECT_EQ(whole.shape, (Shape{3, 2}));
  std::int64_t first = 0;
  for (const Tensor* part : parts) {
    const auto slice = slice_rows(whole, first, part->rows());
    ASSERT_TRUE(slice.has_value());
    EXPECT_EQ(slice->shape, part->shape);
    EXPECT_TRUE(
        std::equal(slice->data.begin(), slice->data.end(), part->data.begin(), part->data.end()));
    first += part->rows();
  }
}

TEST(RowsTest, StringsAreSlicedAtElementBounds) {
  const std::vector<std::string> top = {"one", ""};
  const std::vector<std::string> bottom = {"three", "four"};
  const Tensor a = Tensor::of_strings({1, 2}, top);
  const Tensor b = Tensor::of_strings({1, 2}, bottom);
  const std::array<const Tensor*, 2> parts = {&a, &b};
  const auto slice = slice_rows(concatenate_rows(parts), 1, 1);
  ASSERT_TRUE(slice.has_value());
  EXPECT_EQ(*string_elements(*slice), (std::vector<std::string_view>{"three", "four"}));
}

TEST(RowsTest, ASliceOutlivesItsTensor) {
  Result<Tensor> slice = fail(ErrorCode::kInternal, "unset");
  {
    const Tensor tensor = floats({2}, {7, 8});
    slice = slice_rows(tensor, 1, 1);
  }
  ASSERT_TRUE(slice.has_value());
  EXPECT_EQ(*reinterpret_cast<const float*>(slice->data.data()), 8.0F);
}

TEST(RowsTest, RefusesRowsThatAreNotThere) {
  const Tensor tensor = floats({2, 1}, {1, 2});
  EXPECT_EQ(slice_rows(tensor, 1, 2).error().code, ErrorCode::kInternal);
  EXPECT_FALSE(slice_rows(tensor, -1, 1).has_value());
  EXPECT_FALSE(slice_rows(tensor, 0, std::numeric_limits<std::int64_t>::max()).has_value());
  EXPECT_FALSE(slice_rows(floats({}, {1}), 0, 1).has_value());
  Tensor lying = tensor;
  lying.shape = {4, 1};
  EXPECT_FALSE(slice_rows(lying, 2, 2).has_value());
}

}  // namespace
}  // namespace temper
