#include "temper/cli/client/random_inputs.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace temper::client {
namespace {

Signature signature() {
  return {
      .inputs =
          {{.name = "x", .datatype = DataType::kFp32, .shape = {-1, 4}, .dimension_names = {}},
           {.name = "ids", .datatype = DataType::kInt64, .shape = {-1, -1}, .dimension_names = {}},
           {.name = "word", .datatype = DataType::kBytes, .shape = {-1}, .dimension_names = {}}},
      .outputs = {}};
}

TEST(RandomInputsTest, FillsFreeDimensions) {
  Rng rng(1);
  const auto tensors = random_inputs(signature(), {.rows = 3, .free_size = 5}, rng);
  ASSERT_TRUE(tensors);
  EXPECT_EQ((*tensors)[0].tensor.shape, (Shape{3, 4}));
  EXPECT_EQ((*tensors)[1].tensor.shape, (Shape{3, 5}));
  EXPECT_EQ((*tensors)[2].tensor.shape, (Shape{3}));
  for (const auto& tensor : *tensors) EXPECT_TRUE(check_tensor(tensor.tensor, tensor.name));
}

TEST(RandomInputsTest, SameSeedSameTensors) {
  const auto bytes_of = [](std::uint64_t seed) {
    Rng rng(seed);
    const auto tensors = random_inputs(signature(), {}, rng);
    return std::vector<std::byte>((*tensors)[0].tensor.data.begin(),
                                  (*tensors)[0].tensor.data.end());
  };
  EXPECT_EQ(bytes_of(5), bytes_of(5));
  EXPECT_NE(bytes_of(5), bytes_of(6));
}

TEST(RandomInputsTest, RefusesWhatItCannotDraw) {
  Rng rng(1);
  EXPECT_FALSE(random_inputs(signature(), {.rows = 0}, rng));
  Signature half = signature();
  half.inputs[0].datatype = DataType::kFp16;
  EXPECT_FALSE(random_inputs(half, {}, rng));
}

}  // namespace
}  // namespace temper::client
