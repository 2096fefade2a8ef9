#include "temper/model/features/feature_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace temper {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// IEEE 754 binary16.
double half_to_double(std::uint16_t bits) {
  const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = (bits >> 10U) & 0x1F;
  const int fraction = bits & 0x3FF;
  if (exponent == 0x1F) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, -24)
                       : sign * std::ldexp(fraction + 1024, exponent - 25);
}

double bfloat_to_double(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

template <typename T>
void take_strided(const std::byte* first, std::size_t stride, std::size_t rows,
                  std::vector<double>& numbers) {
  for (std::size_t row = 0; row < rows; ++row) {
    numbers[row] = static_cast<double>(load<T>(first + row * stride * sizeof(T)));
  }
}

/// Column `column` of a row-major numeric tensor with `stride` values a row.
void take_numbers(const Tensor& tensor, std::size_t column, std::size_t stride,
                  std::vector<double>& numbers) {
  const std::size_t rows = numbers.size();
  const std::byte* first = tensor.data.data() + column * element_size(tensor.datatype);
  switch (tensor.datatype) {
    case DataType::kFp32:
      return take_strided<float>(first, stride, rows, numbers);
    case DataType::kFp64:
      return take_strided<double>(first, stride, rows, numbers);
    case DataType::kInt64:
      return take_strided<std::int64_t>(first, stride, rows, numbers);
    case DataType::kInt32:
      return take_strided<std::int32_t>(first, stride, rows, numbers);
    default:
      for (std::size_t row = 0; row < rows; ++row) {
        numbers[row] = element_as_number(tensor, row * stride + column);
      }
  }
}

/// All elements of a BYTES tensor of one column; malformed ones (never after check_tensor) are "".
void take_texts(const Tensor& tensor, std::vector<std::string_view>& texts) {
  std::size_t at = 0;
  for (std::string_view& text : texts) {
    text = {};
    if (tensor.data.size() - at < sizeof(std::uint32_t)) return;
    const auto size = load<std::uint32_t>(tensor.data.data() + at);
    at += sizeof(std::uint32_t);
    if (tensor.data.size() - at < size) return;
    text = {reinterpret_cast<const char*>(tensor.data.data() + at), size};
    at += size;
  }
}

}  // namespace

double element_as_number(const Tensor& tensor, std::size_t index) {
  const std::byte* at = tensor.data.data() + index * element_size(tensor.datatype);
  switch (tensor.datatype) {
    case DataType::kBool:
    case DataType::kUint8:
      return load<std::uint8_t>(at);
    case DataType::kUint16:
      return load<std::uint16_t>(at);
    case DataType::kUint32:
      return load<std::uint32_t>(at);
    case DataType::kUint64:
      return static_cast<double>(load<std::uint64_t>(at));
    case DataType::kInt8:
      return load<std::int8_t>(at);
    case DataType::kInt16:
      return load<std::int16_t>(at);
    case DataType::kInt32:
      return load<std::int32_t>(at);
    case DataType::kInt64:
      return static_cast<double>(load<std::int64_t>(at));
    case DataType::kFp16:
      return half_to_double(load<std::uint16_t>(at));
    case DataType::kBf16:
      return bfloat_to_double(load<std::uint16_t>(at));
    case DataType::kFp32:
      return load<float>(at);
    case DataType::kFp64:
      return load<double>(at);
    case DataType::kBytes:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::string class_text(double value) {
  // 2^53: whole numbers up to there print without an exponent.
  if (value == std::trunc(value) && std::fabs(value) < 9007199254740992.0) {
    return fmt::format("{}", static_cast<std::int64_t>(value));
  }
  return fmt::format("{}", value);
}

std::string class_text(const Tensor& tensor, std::size_t row) {
  const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(tensor.rows(), 1));
  if (tensor.datatype == DataType::kBytes) {
    const auto texts = string_elements(tensor);
    const std::size_t index = texts ? row * (texts->size() / rows) : 0;
    return texts && index < texts->size() ? std::string((*texts)[index]) : std::string();
  }
  const std::size_t elements = tensor.data.size() / element_size(tensor.datatype);
  const double value = element_as_number(tensor, row * (elements / rows));
  return class_text(value);
}

void take_feature_rows(const FeatureMap& map, std::span<const Tensor> inputs,
                       std::vector<FeatureColumn>& columns) {
  columns.resize(map.features().size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const Feature& feature = map.features()[k];
    const Tensor& tensor = inputs[feature.input];
    const auto rows = static_cast<std::size_t>(tensor.rows());
    if (tensor.datatype == DataType::kBytes) {
      columns[k].numbers.clear();
      columns[k].texts.resize(rows);
      take_texts(tensor, columns[k].texts);
    } else {
      columns[k].texts.clear();
      columns[k].numbers.resize(rows);
      const std::size_t stride =
          tensor.shape.size() == 2 ? static_cast<std::size_t>(tensor.shape[1]) : 1;
      take_numbers(tensor, static_cast<std::size_t>(feature.column), stride, columns[k].numbers);
    }
  }
}

}  // namespace temper
