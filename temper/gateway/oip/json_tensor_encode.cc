#include "temper/gateway/oip/json_tensor.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "temper/gateway/oip/json_response.h"

namespace temper::oip {
namespace {

template <typename T>
void append_chars(std::string& out, T value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end);
}

template <typename T>
void append_element(std::string& out, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    append_number(out, value);
  } else if constexpr (sizeof(T) == 1) {
    append_chars(out, static_cast<int>(value));
  } else {
    append_chars(out, value);
  }
}

template <typename T>
void append_elements(std::string& out, std::span<const std::byte> data) {
  const std::size_t count = data.size() / sizeof(T);
  out.reserve(out.size() + count * 8);
  for (std::size_t i = 0; i < count; ++i) {
    T value{};
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    if (i > 0) out += ',';
    append_element(out, value);
  }
}

Status append_data(std::string& out, const OutputView& output) {
  const std::span<const std::byte> data = output.tensor->data;
  switch (output.tensor->datatype) {
    case DataType::kBool:
      append_elements<bool>(out, data);
      return {};
    case DataType::kUint8:
      append_elements<std::uint8_t>(out, data);
      return {};
    case DataType::kUint16:
      append_elements<std::uint16_t>(out, data);
      return {};
    case DataType::kUint32:
      append_elements<std::uint32_t>(out, data);
      return {};
    case DataType::kUint64:
      append_elements<std::uint64_t>(out, data);
      return {};
    case DataType::kInt8:
      append_elements<std::int8_t>(out, data);
      return {};
    case DataType::kInt16:
      append_elements<std::int16_t>(out, data);
      return {};
    case DataType::kInt32:
      append_elements<std::int32_t>(out, data);
      return {};
    case DataType::kInt64:
      append_elements<std::int64_t>(out, data);
      return {};
    case DataType::kFp32:
      append_elements<float>(out, data);
      return {};
    case DataType::kFp64:
      append_elements<double>(out, data);
      return {};
    case DataType::kBytes: {
      TEMPER_TRY(const std::vector<std::string_view> strings, string_elements(*output.tensor));
      for (std::size_t i = 0; i < strings.size(); ++i) {
        if (!simdjson::validate_utf8(strings[i])) {
          return fail(ErrorCode::kInvalidArgument,
                      "output '{}' holds bytes that are no UTF-8: ask for it with binary_data",
                      output.name);
        }
        if (i > 0) out += ',';
        append_quoted(out, strings[i]);
      }
      return {};
    }
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return fail(ErrorCode::kInvalidArgument,
              "output '{}' is {}, which has no JSON form: ask for it with binary_data", output.name,
              data_type_name(output.tensor->datatype));
}

template <typename T>
bool any_infinity(std::span<const std::byte> data) {
  for (std::size_t i = 0; i + sizeof(T) <= data.size(); i += sizeof(T)) {
    T value{};
    std::memcpy(&value, data.data() + i, sizeof(T));
    if (std::isinf(value)) return true;
  }
  return false;
}

}  // namespace

void append_scalar(std::string& out, bool value) { append_element(out, value); }
void append_scalar(std::string& out, std::int64_t value) { append_element(out, value); }
void append_scalar(std::string& out, double value) { append_element(out, value); }

Status append_tensor(std::string& out, const OutputView& output) {
  out += R"({"name":)";
  append_quoted(out, output.name);
  out += R"(,"datatype":")";
  out += data_type_name(output.tensor->datatype);
  out += R"(","shape":[)";
  for (std::size_t i = 0; i < output.tensor->shape.size(); ++i) {
    if (i > 0) out += ',';
    append_chars(out, output.tensor->shape[i]);
  }
  out += ']';
  if (output.binary) {
    out += R"(,"parameters":{"binary_data_size":)";
    append_chars(out, output.tensor->data.size());
    out += "}}";
    return {};
  }
  out += R"(,"data":[)";
  TEMPER_TRY_STATUS(append_data(out, output));
  out += "]}";
  return {};
}

bool has_infinity(const Tensor& tensor) {
  return tensor.datatype == DataType::kFp32   ? any_infinity<float>(tensor.data)
         : tensor.datatype == DataType::kFp64 ? any_infinity<double>(tensor.data)
                                              : false;
}

}  // namespace temper::oip
