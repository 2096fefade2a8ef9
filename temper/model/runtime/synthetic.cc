#include "temper/model/runtime/synthetic.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace temper::runtime {
namespace {

constexpr std::uint64_t kOrdinaryBound = 100;

/// Round to nearest even is not needed here: any nearby value will do. Subnormals become zero.
std::uint16_t half_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
  const int exponent = static_cast<int>(bits >> 23 & 0xFFU) - 127 + 15;
  if (exponent >= 31) {
    // Finite values past the largest half stay finite.
    return static_cast<std::uint16_t>(sign | (std::isinf(value) ? 0x7C00U : 0x7BFFU));
  }
  if (exponent <= 0) return sign;
  return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(exponent) << 10 |
                                    (bits >> 13 & 0x3FFU));
}

float half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int mantissa = bits & 0x3FF;
  float magnitude = 0;
  if (exponent == 31) {
    magnitude = mantissa == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

double float_value(ValueKind kind, Rng& rng) {
  switch (kind) {
    case ValueKind::kZeros:
      return 0;
    case ValueKind::kOnes:
      return 1;
    case ValueKind::kBits:
      return static_cast<double>(rng.below(2));
    case ValueKind::kExtreme:
      return rng.below(2) == 0 ? 1e30 : -1e30;
    case ValueKind::kNan:
      return std::numeric_limits<double>::quiet_NaN();
    case ValueKind::kInfinite:
      return rng.below(2) == 0 ? std::numeric_limits<double>::infinity()
                               : -std::numeric_limits<double>::infinity();
    case ValueKind::kOrdinary:
    case ValueKind::kPadded:
      break;
  }
  return 2 * rng.uniform() - 1;
}

template <typename T>
T integer_value(ValueKind kind, Rng& rng) {
  switch (kind) {
    case ValueKind::kZeros:
      return T{0};
    case ValueKind::kOnes:
      return T{1};
    case ValueKind::kBits:
      return static_cast<T>(rng.below(2));
    case ValueKind::kExtreme:
      return rng.below(2) == 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
    default:
      return static_cast<T>(rng.below(kOrdinaryBound));
  }
}

std::string string_value(ValueKind kind, Rng& rng) {
  constexpr std::array<const char*, 6> kWords = {"a", "red", "some words", "42", "", "x-1"};
  switch (kind) {
    case ValueKind::kZeros:
      return "0";
    case ValueKind::kOnes:
      return "1";
    case ValueKind::kBits:
      return rng.below(2) == 0 ? "0" : "1";
    case ValueKind::kExtreme:
      return std::string(1000, 'z');
    default:
      return kWords[rng.below(kWords.size())];
  }
}

template <typename T>
void put(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

void put_element(std::byte* at, DataType type, ValueKind kind, Rng& rng) {
  switch (type) {
    case DataType::kBool:
      return put(at, static_cast<std::uint8_t>(integer_value<std::uint8_t>(kind, rng) & 1U));
    case DataType::kUint8:
      return put(at, integer_value<std::uint8_t>(kind, rng));
    case DataType::kUint16:
      return put(at, integer_value<std::uint16_t>(kind, rng));
    case DataType::kUint32:
      return put(at, integer_value<std::uint32_t>(kind, rng));
    case DataType::kUint64:
      return put(at, integer_value<std::uint64_t>(kind, rng));
    case DataType::kInt8:
      return put(at, integer_value<std::int8_t>(kind, rng));
    case DataType::kInt16:
      return put(at, integer_value<std::int16_t>(kind, rng));
    case DataType::kInt32:
      return put(at, integer_value<std::int32_t>(kind, rng));
    case DataType::kInt64:
      return put(at, integer_value<std::int64_t>(kind, rng));
    case DataType::kFp16:
      return put(at, half_bits(static_cast<float>(float_value(kind, rng))));
    case DataType::kBf16:
      return put(
          at, static_cast<std::uint16_t>(
                  std::bit_cast<std::uint32_t>(static_cast<float>(float_value(kind, rng))) >> 16));
    case DataType::kFp32:
      return put(at, static_cast<float>(float_value(kind, rng)));
    case DataType::kFp64:
      return put(at, float_value(kind, rng));
    case DataType::kBytes:
      return;
  }
}

void put_largest(std::byte* at, DataType type, ValueKind kind) {
  const bool ordinary = kind == ValueKind::kOrdinary || kind == ValueKind::kPadded;
  if (!ordinary && kind != ValueKind::kBits) return;
  // Little-endian: the low byte of any integer type lies first.
  put(at, static_cast<std::uint8_t>(ordinary && type != DataType::kBool ? kOrdinaryBound - 1 : 1));
}

Tensor synthetic_tensor(DataType type, Shape shape, ValueKind kind, Rng& rng) {
  const std::size_t count = element_count(shape).value_or(0);
  const std::size_t last = shape.size() > 1 ? static_cast<std::size_t>(shape.back()) : 1;
  const auto kind_of = [&](std::size_t index) {
    if (kind != ValueKind::kPadded) return kind;
    return index % last >= (last + 1) / 2 ? ValueKind::kZeros : ValueKind::kOrdinary;
  };
  if (type == DataType::kBytes) {
    std::vector<std::string> values(count);
    for (std::size_t k = 0; k < count; ++k) values[k] = string_value(kind_of(k), rng);
    return Tensor::of_strings(std::move(shape), values);
  }
  const std::size_t size = element_size(type);
  std::vector<std::byte> bytes(count * size);
  for (std::size_t k = 0; k < count; ++k) {
    put_element(bytes.data() + k * size, type, kind_of(k), rng);
  }
  // The largest value is always among them, so that whether a model takes a kind is no matter of
  // luck.
  if (count > 0 && !is_float(type)) put_largest(bytes.data(), type, kind);
  return Tensor::adopt(type, std::move(shape), std::move(bytes));
}

}  // namespace

std::vector<Tensor> synthetic_inputs(const Signature& signature, const SyntheticPlan& plan,
                                     std::int64_t rows, Rng& rng) {
  std::vector<Tensor> inputs;
  for (std::size_t k = 0; k < signature.inputs.size(); ++k) {
    const TensorSpec& spec = signature.inputs[k];
    Shape shape = spec.shape;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] >= 0) continue;
      const bool is_rows = d == 0 || (!spec.dimension_names[d].empty() &&
                                      spec.dimension_names[d] == spec.dimension_names[0]);
      shape[d] = is_rows ? rows : plan.free_size;
    }
    inputs.push_back(synthetic_tensor(spec.datatype, std::move(shape), plan.kinds[k], rng));
  }
  return inputs;
}

bool is_float(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 ||
         type == DataType::kFp64;
}

double float_element(const Tensor& tensor, std::size_t index) {
  const std::byte* at = tensor.data.data() + index * element_size(tensor.datatype);
  const auto read = [at]<typename T>(T value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (tensor.datatype) {
    case DataType::kFp16:
      return static_cast<double>(half_value(read(std::uint16_t{})));
    case DataType::kBf16:
      return static_cast<double>(
          std::bit_cast<float>(static_cast<std::uint32_t>(read(std::uint16_t{})) << 16));
    case DataType::kFp32:
      return static_cast<double>(read(float{}));
    default:
      return read(double{});
  }
}

bool is_all_finite(const Tensor& tensor) {
  if (!is_float(tensor.datatype)) return true;
  const std::size_t count = tensor.data.size() / element_size(tensor.datatype);
  for (std::size_t k = 0; k < count; ++k) {
    if (!std::isfinite(float_element(tensor, k))) return false;
  }
  return true;
}

}  // namespace temper::runtime
