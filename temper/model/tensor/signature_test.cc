#include "temper/model/tensor/signature.h"

#include <gtest/gtest.h>

#include <array>

namespace temper {
namespace {

TensorSpec spec(std::string name, DataType type, Shape shape) {
  std::vector<std::string> dimension_names(shape.size());
  return TensorSpec{.name = std::move(name),
                    .datatype = type,
                    .shape = std::move(shape),
                    .dimension_names = std::move(dimension_names)};
}

Tensor zeros(DataType type, Shape shape) {
  const std::size_t size = *element_count(shape) * element_size(type);
  return Tensor::adopt(type, std::move(shape), std::vector<std::byte>(size));
}

Signature two_inputs() {
  return Signature{
      .inputs = {spec("x", DataType::kFp32, {-1, 4}), spec("id", DataType::kInt64, {-1})},
      .outputs = {spec("y", DataType::kFp32, {-1, -1})}};
}

TEST(SignatureTest, FindsTensorsByName) {
  const Signature signature = two_inputs();
  EXPECT_EQ(signature.input_index("id"), 1U);
  EXPECT_EQ(signature.input_index("y"), std::nullopt);
  EXPECT_EQ(signature.output_index("y"), 0U);
}

TEST(SignatureTest, FreeRowsNeedEveryTensorToHaveThem) {
  Signature signature = two_inputs();
  EXPECT_TRUE(signature.has_free_rows());
  signature.outputs.push_back(spec("total", DataType::kFp32, {}));
  EXPECT_FALSE(signature.has_free_rows());
  signature = two_inputs();
  signature.inputs[0].shape[0] = 1;
  EXPECT_FALSE(signature.has_free_rows());
  EXPECT_FALSE(Signature{}.has_free_rows());
}

TEST(SignatureTest, ColumnsAreFixedWhenOnlyRowsAreFree) {
  Signature signature = two_inputs();
  EXPECT_FALSE(signature.has_fixed_columns());
  signature.outputs[0].shape[1] = 2;
  EXPECT_TRUE(signature.has_fixed_columns());
}

TEST(CheckInputsTest, AcceptsWhatFits) {
  const std::array<Tensor, 2> inputs = {zeros(DataType::kFp32, {3, 4}),
                                        zeros(DataType::kInt64, {3})};
  EXPECT_TRUE(check_inputs(two_inputs(), inputs).has_value());
}

TEST(CheckInputsTest, SaysWhatCameAndWhatWasExpected) {
  const auto message = [](Tensor x, Tensor id) {
    const std::array<Tensor, 2> inputs = {std::move(x), std::move(id)};
    const auto status = check_inputs(two_inputs(), inputs);
    return status ? std::string() : status.error().message;
  };
  const Tensor id = zeros(DataType::kInt64, {3});
  EXPECT_EQ(message(zeros(DataType::kFp64, {3, 4}), id),
            "input 'x': datatype FP64 came, expected FP32");
  EXPECT_EQ(message(zeros(DataType::kFp32, {3, 5}), id),
            "input 'x': shape [3,5] came, expected [-1,4]");
  EXPECT_EQ(message(zeros(DataType::kFp32, {12}), id),
            "input 'x': shape [12] came, expected [-1,4]");
  EXPECT_EQ(message(zeros(DataType::kFp32, {2, 4}), id),
            "input 'id' has 3 rows, but input 'x' has 2: all need the same number");
}

TEST(CheckInputsTest, RefusesAMissingInput) {
  const std::array<Tensor, 1> inputs = {zeros(DataType::kFp32, {3, 4})};
  EXPECT_EQ(check_inputs(two_inputs(), inputs).error().message, "1 inputs came, the model takes 2");
}

TEST(CheckInputsTest, RowsMayDifferWhereAnInputHasNone) {
  Signature signature = two_inputs();
  signature.inputs[1] = spec("table", DataType::kInt64, {7});
  const std::array<Tensor, 2> inputs = {zeros(DataType::kFp32, {3, 4}),
                                        zeros(DataType::kInt64, {7})};
  EXPECT_TRUE(check_inputs(signature, inputs).has_value());
}

TEST(CheckInputsTest, AcceptsZeroRows) {
  const std::array<Tensor, 2> inputs = {zeros(DataType::kFp32, {0, 4}),
                                        zeros(DataType::kInt64, {0})};
  EXPECT_TRUE(check_inputs(two_inputs(), inputs).has_value());
}

}  // namespace
}  // namespace temper
