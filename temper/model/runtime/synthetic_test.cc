#include "temper/model/runtime/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>

namespace temper::runtime {
namespace {

Signature one_input(DataType type, Shape shape, std::vector<std::string> names) {
  return {.inputs = {{.name = "x",
                      .datatype = type,
                      .shape = std::move(shape),
                      .dimension_names = std::move(names)}},
          .outputs = {}};
}

Tensor made(DataType type, ValueKind kind, Shape shape = {-1, 8}) {
  std::vector<std::string> names(shape.size());
  Rng rng(1);
  return synthetic_inputs(one_input(type, std::move(shape), std::move(names)),
                          {.kinds = {kind}, .free_size = 16}, 3, rng)[0];
}

TEST(SyntheticTest, EveryDatatypeAndKindGivesAWellFormedTensor) {
  for (int type = 0; type <= static_cast<int>(DataType::kBytes); ++type) {
    for (int kind = 0; kind <= static_cast<int>(ValueKind::kInfinite); ++kind) {
      const Tensor tensor = made(static_cast<DataType>(type), static_cast<ValueKind>(kind));
      EXPECT_TRUE(check_tensor(tensor, "x").has_value()) << type << " " << kind;
      EXPECT_EQ(tensor.shape, (Shape{3, 8}));
    }
  }
}

TEST(SyntheticTest, RowsTakeEveryDimensionOfTheirSymbolAndOtherFreeOnesTheFreeSize) {
  Rng rng(1);
  const auto inputs = synthetic_inputs(one_input(DataType::kFp32, {-1, -1, -1}, {"N", "L", "N"}),
                                       {.kinds = {ValueKind::kZeros}, .free_size = 5}, 3, rng);
  EXPECT_EQ(inputs[0].shape, (Shape{3, 5, 3}));
}

TEST(SyntheticTest, FloatsOfEveryWidthAreWhatTheirKindSays) {
  for (const DataType type : {DataType::kFp16, DataType::kBf16, DataType::kFp32, DataType::kFp64}) {
    EXPECT_EQ(float_element(made(type, ValueKind::kOnes), 0), 1.0);
    EXPECT_TRUE(std::isnan(float_element(made(type, ValueKind::kNan), 0)));
    EXPECT_TRUE(std::isinf(float_element(made(type, ValueKind::kInfinite), 0)));
    EXPECT_TRUE(is_all_finite(made(type, ValueKind::kExtreme)));
    EXPECT_GT(std::abs(float_element(made(type, ValueKind::kExtreme), 0)), 60000.0);
    const Tensor ordinary = made(type, ValueKind::kOrdinary);
    for (std::size_t k = 0; k < 24; ++k) EXPECT_LE(std::abs(float_element(ordinary, k)), 1.0);
  }
}

TEST(SyntheticTest, OrdinaryIntegersAlwaysHaveTheirLargestValue) {
  EXPECT_EQ(made(DataType::kInt64, ValueKind::kOrdinary).data[0], std::byte{99});
  EXPECT_EQ(made(DataType::kInt64, ValueKind::kBits).data[0], std::byte{1});
}

TEST(SyntheticTest, PaddingIsZeroFromTheMiddleOn) {
  const Tensor padded = made(DataType::kUint8, ValueKind::kPadded);
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 4; column < 8; ++column) {
      EXPECT_EQ(padded.data[row * 8 + column], std::byte{0});
    }
  }
}

TEST(SyntheticTest, FiniteIsWhatHasNeitherNanNorInfinity) {
  EXPECT_TRUE(is_all_finite(made(DataType::kFp16, ValueKind::kOrdinary)));
  EXPECT_FALSE(is_all_finite(made(DataType::kBf16, ValueKind::kNan)));
  EXPECT_FALSE(is_all_finite(made(DataType::kFp64, ValueKind::kInfinite)));
  EXPECT_TRUE(is_all_finite(made(DataType::kInt8, ValueKind::kExtreme)));
}

}  // namespace
}  // namespace temper::runtime
