// What is encoded and decoded again is the same, bit for bit, for any value.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "temper/core/rng.h"
#include "temper/gateway/oip/client_codec.h"
#include "temper/gateway/oip/json_response.h"

namespace temper::oip {
namespace {

/// Finite values of every magnitude: random bit patterns, without the not-finite ones.
template <typename T>
std::vector<T> random_values(Rng& rng, std::size_t count) {
  std::vector<T> values(count);
  for (T& value : values) {
    do {
      const std::uint64_t bits = rng();
      std::memcpy(&value, &bits, sizeof(T));
      if constexpr (!std::is_floating_point_v<T>) break;
    } while (!std::isfinite(static_cast<double>(value)));
  }
  return values;
}

template <typename T>
void expect_json_round_trip(DataType type, std::uint64_t seed) {
  Rng rng(seed);
  const std::size_t count = rng.below(700);
  const std::vector<T> values = random_values<T>(rng, count);
  const Tensor sent =
      Tensor::copy_of(type, {static_cast<std::int64_t>(count)}, std::as_bytes(std::span(values)));
  const OutputView view{.name = "y", .tensor = &sent, .binary = false};
  std::string body;
  ASSERT_TRUE(append_infer_response(body, {.model_name = "m",
                                           .model_version = "1",
                                           .id = "",
                                           .parameters = {},
                                           .outputs = std::span(&view, 1)}));
  const auto reply = decode_infer_reply(body, std::nullopt);
  ASSERT_TRUE(reply) << "seed " << seed << ": " << reply.error().message;
  EXPECT_TRUE(std::ranges::equal(reply->output("y")->data, sent.data))
      << data_type_name(type) << " seed " << seed;
}

TEST(InferPropertyTest, JsonRoundTripsEveryValueBitForBit) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    expect_json_round_trip<float>(DataType::kFp32, seed);
    expect_json_round_trip<double>(DataType::kFp64, seed);
    expect_json_round_trip<std::int8_t>(DataType::kInt8, seed);
    expect_json_round_trip<std::uint16_t>(DataType::kUint16, seed);
    expect_json_round_trip<std::int32_t>(DataType::kInt32, seed);
    expect_json_round_trip<std::int64_t>(DataType::kInt64, seed);
    expect_json_round_trip<std::uint64_t>(DataType::kUint64, seed);
  }
}

TEST(InferPropertyTest, IntegersStoredAsDoublesRoundTrip) {
  for (int exponent = 0; exponent < 1000; ++exponent) {
    const double value = std::ldexp(1.0, exponent);
    std::string text;
    append_number(text, value);
    EXPECT_EQ(std::stod(text), value) << text;
  }
}

}  // namespace
}  // namespace temper::oip
