#include "temper/cli/client/random_inputs.h"

#include <cmath>
#include <cstring>
#include <string>

namespace temper::client {
namespace {

template <typename T, typename Draw>
std::vector<std::byte> filled(std::size_t count, Draw draw) {
  std::vector<std::byte> bytes(count * sizeof(T));
  for (std::size_t k = 0; k < count; ++k) {
    const T value = draw();
    std::memcpy(bytes.data() + k * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

double rounded_normal(Rng& rng) { return std::round(rng.normal() * 1e4) / 1e4; }

Result<std::vector<std::byte>> numbers(const TensorSpec& input, std::size_t count,
                                       std::uint64_t bound, Rng& rng) {
  const auto integers = [&]<typename T>(T) {
    return filled<T>(count, [&] { return static_cast<T>(rng.below(bound)); });
  };
  switch (input.datatype) {
    case DataType::kFp32:
      return filled<float>(count, [&] { return static_cast<float>(rounded_normal(rng)); });
    case DataType::kFp64:
      return filled<double>(count, [&] { return rounded_normal(rng); });
    case DataType::kBool:
      return filled<std::uint8_t>(count, [&] { return static_cast<std::uint8_t>(rng.below(2)); });
    case DataType::kUint8:
    case DataType::kInt8:
      return integers(std::int8_t{});
    case DataType::kUint16:
    case DataType::kInt16:
      return integers(std::int16_t{});
    case DataType::kUint32:
    case DataType::kInt32:
      return integers(std::int32_t{});
    case DataType::kUint64:
    case DataType::kInt64:
      return integers(std::int64_t{});
    default:
      return fail(ErrorCode::kInvalidArgument, "input '{}' is {}: give its values in a file",
                  input.name, data_type_name(input.datatype));
  }
}

}  // namespace

Result<std::vector<oip::NamedTensor>> random_inputs(const Signature& signature,
                                                    const RandomInputsConfig& config, Rng& rng) {
  if (config.rows < 1 || config.free_size < 1 || config.integer_bound < 1 ||
      config.integer_bound > 127) {
    return fail(ErrorCode::kInvalidArgument,
                "rows and free sizes must be at least 1, integers bounded by 1..127");
  }
  std::vector<oip::NamedTensor> tensors;
  for (const TensorSpec& input : signature.inputs) {
    Shape shape = input.shape;
    for (std::size_t k = 0; k < shape.size(); ++k) {
      if (shape[k] < 0) shape[k] = k == 0 ? config.rows : config.free_size;
    }
    TEMPER_TRY(const std::size_t count, element_count(shape));
    if (input.datatype == DataType::kBytes) {
      std::vector<std::string> letters;
      letters.reserve(count);
      for (std::size_t k = 0; k < count; ++k) {
        letters.emplace_back(1, static_cast<char>('a' + rng.below(26)));
      }
      tensors.push_back({.name = input.name, .tensor = Tensor::of_strings(shape, letters)});
    } else {
      TEMPER_TRY(std::vector<std::byte> bytes, numbers(input, count, config.integer_bound, rng));
      tensors.push_back(
          {.name = input.name, .tensor = Tensor::adopt(input.datatype, shape, std::move(bytes))});
    }
  }
  return tensors;
}

}  // namespace temper::client
