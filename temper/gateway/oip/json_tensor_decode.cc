#include "temper/gateway/oip/json_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace temper::oip {
namespace {

namespace dom = simdjson::dom;

template <typename T>
Status store_integer(const dom::element& element, std::byte*& out, const Place& place) {
  T value{};
  if (element.type() == dom::element_type::INT64) {
    const std::int64_t wide = element.get_int64().value_unsafe();
    if (!std::in_range<T>(wide)) {
      return fail(ErrorCode::kInvalidArgument, "{}: {} is outside {}..{}", place.text(), wide,
                  std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }
    value = static_cast<T>(wide);
  } else if (element.type() == dom::element_type::UINT64) {
    const std::uint64_t wide = element.get_uint64().value_unsafe();
    if (!std::in_range<T>(wide)) {
      return fail(ErrorCode::kInvalidArgument, "{}: {} is outside {}..{}", place.text(), wide,
                  std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }
    value = static_cast<T>(wide);
  } else {
    return wrong_kind(place, "an integer", element);
  }
  std::memcpy(out, &value, sizeof value);
  out += sizeof value;
  return {};
}

template <typename T>
Status store_float(const dom::element& element, std::byte*& out, const Place& place) {
  double wide = 0;
  switch (element.type()) {
    case dom::element_type::DOUBLE:
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      wide = element.get_double().value_unsafe();
      break;
    case dom::element_type::NULL_VALUE:
      wide = std::numeric_limits<double>::quiet_NaN();
      break;
    default:
      return wrong_kind(place, "a number or null", element);
  }
  if (std::abs(wide) > static_cast<double>(std::numeric_limits<T>::max())) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} is outside the range of the datatype",
                place.text(), wide);
  }
  const T value = static_cast<T>(wide);
  std::memcpy(out, &value, sizeof value);
  out += sizeof value;
  return {};
}

Status store_bool(const dom::element& element, std::byte*& out, const Place& place) {
  TEMPER_TRY(const bool value, as_bool(element, place));
  *out++ = std::byte{value};
  return {};
}

/// Walks `data` down to its scalars, flat or nested exactly as the shape says.
template <typename Store>
class DataWalk {
 public:
  DataWalk(const Shape& shape, std::size_t count, Store store)
      : shape_(shape), count_(count), store_(std::move(store)) {}

  Status walk(const dom::array& data, const Place& place) {
    // Flat data of any rank, or the one level of rank 1.
    const bool nested =
        shape_.size() > 1 && data.begin() != data.end() && (*data.begin()).is_array();
    if (nested) return level(data, 0, place);
    if (Status stored = scalars(data, place); !stored) return stored;
    return check_size(seen_, count_, place);
  }

 private:
  static Status check_size(std::size_t found, std::size_t expected, const Place& place) {
    if (found == expected) return {};
    return fail(ErrorCode::kInvalidArgument, "{}: {} elements, the shape calls for {}",
                place.text(), found, expected);
  }

  Status scalars(const dom::array& data, const Place& place) {
    std::size_t index = 0;
    for (const dom::element& element : data) {
      if (seen_ == count_) {
        return fail(ErrorCode::kInvalidArgument, "{}: more elements than the {} of the shape",
                    place.text(), count_);
      }
      if (Status stored = store_(element, place.item(index)); !stored) return stored;
      ++seen_;
      ++index;
    }
    return {};
  }

  Status level(const dom::array& data, std::size_t dimension, const Place& place) {
    const std::size_t before = seen_;
    const auto expected = static_cast<std::size_t>(shape_[dimension]);
    if (dimension + 1 == shape_.size()) {
      TEMPER_TRY_STATUS(scalars(data, place));
      return check_size(seen_ - before, expected, place);
    }
    std::size_t index = 0;
    for (const dom::element& element : data) {
      const Place here = place.item(index);
      TEMPER_TRY(const dom::array inner, as_array(element, here));
      TEMPER_TRY_STATUS(level(inner, dimension + 1, here));
      ++index;
    }
    return check_size(index, expected, place);
  }

  const Shape& shape_;
  const std::size_t count_;
  Store store_;
  std::size_t seen_ = 0;
};

template <typename Store>
Status walk(const dom::array& data, const Shape& shape, std::size_t count, const Place& place,
            Store store) {
  return DataWalk<Store>(shape, count, std::move(store)).walk(data, place);
}

Result<Tensor> strings_from_json(const dom::array& data, Shape shape, std::size_t count,
                                 const Place& place) {
  std::vector<std::byte> bytes;
  TEMPER_TRY_STATUS(walk(data, shape, count, place,
                         [&bytes](const dom::element& element, const Place& here) -> Status {
                           TEMPER_TRY(const std::string_view text, as_string(element, here));
                           const auto length = static_cast<std::uint32_t>(text.size());
                           const auto* raw = reinterpret_cast<const std::byte*>(&length);
                           bytes.insert(bytes.end(), raw, raw + sizeof length);
                           const auto chars = std::as_bytes(std::span(text));
                           bytes.insert(bytes.end(), chars.begin(), chars.end());
                           return {};
                         }));
  return Tensor::adopt(DataType::kBytes, std::move(shape), std::move(bytes));
}

Result<Tensor> tensor_from_json(const dom::element& element, DataType type, Shape shape,
                                std::size_t json_size, const Place& place) {
  TEMPER_TRY(const std::size_t count, element_count(shape));
  TEMPER_TRY(const dom::array data, as_array(element, place));
  if (type == DataType::kBytes) return strings_from_json(data, std::move(shape), count, place);
  if (type == DataType::kFp16 || type == DataType::kBf16) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} has no JSON form, send it as binary data",
                place.text(), data_type_name(type));
  }
  // An element takes at least one character, so a shape that claims more of them than the document
  // can hold is refused before anything is allocated for it.
  if (count > json_size) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: the shape {} calls for {} elements, {} bytes of "
                "JSON cannot hold them",
                place.text(), shape_text(shape), count, json_size);
  }
  std::vector<std::byte> bytes(count * element_size(type));
  std::byte* out = bytes.data();
  const auto fill = [&](auto store) {
    return walk(data, shape, count, place,
                [&out, store](const dom::element& each, const Place& here) {
                  return store(each, out, here);
                });
  };
  Status filled;
  switch (type) {
    case DataType::kBool:
      filled = fill(store_bool);
      break;
    case DataType::kUint8:
      filled = fill(store_integer<std::uint8_t>);
      break;
    case DataType::kUint16:
      filled = fill(store_integer<std::uint16_t>);
      break;
    case DataType::kUint32:
      filled = fill(store_integer<std::uint32_t>);
      break;
    case DataType::kUint64:
      filled = fill(store_integer<std::uint64_t>);
      break;
    case DataType::kInt8:
      filled = fill(store_integer<std::int8_t>);
      break;
    case DataType::kInt16:
      filled = fill(store_integer<std::int16_t>);
      break;
    case DataType::kInt32:
      filled = fill(store_integer<std::int32_t>);
      break;
    case DataType::kInt64:
      filled = fill(store_integer<std::int64_t>);
      break;
    case DataType::kFp32:
      filled = fill(store_float<float>);
      break;
    default:
      filled = fill(store_float<double>);
      break;
  }
  if (!filled) return std::unexpected(std::move(filled).error());
  return Tensor::adopt(type, std::move(shape), std::move(bytes));
}

Result<Shape> decode_shape(const dom::element& element, const Place& place) {
  TEMPER_TRY(const dom::array array, as_array(element, place));
  Shape shape;
  for (const dom::element& each : array) {
    const Place here = place.item(shape.size());
    TEMPER_TRY(const std::int64_t dimension, as_integer(each, here));
    if (dimension < 0) {
      return fail(ErrorCode::kInvalidArgument, "{}: {} is negative", here.text(), dimension);
    }
    if (shape.size() == kMaxRank) {
      return fail(ErrorCode::kInvalidArgument, "{}: more than {} dimensions", place.text(),
                  kMaxRank);
    }
    shape.push_back(dimension);
  }
  return shape;
}

}  // namespace

Result<Tensor> BinaryPart::take(DataType type, Shape shape, std::size_t size, const Place& place) {
  if (size > rest_.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: binary_data_size is {}, only {} bytes are left behind the JSON", place.text(),
                size, rest_.size());
  }
  const std::span<const std::byte> bytes = rest_.first(size);
  rest_ = rest_.subspan(size);
  const std::size_t alignment = std::max<std::size_t>(element_size(type), 1);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignment != 0) {
    return Tensor::copy_of(type, std::move(shape), bytes);
  }
  return Tensor{.datatype = type, .shape = std::move(shape), .data = bytes, .owner = owner_};
}
Result<TensorParameters> tensor_parameters(const dom::element& element, const Place& place) {
  TensorParameters found;
  TEMPER_TRY(const dom::object object, as_object(element, place));
  TEMPER_TRY_STATUS(check_unique_keys(object, place));
  for (const auto& [key, value] : object) {
    const Place here = place.member(key);
    if (value.is_null()) continue;
    if (key == "binary_data_size") {
      TEMPER_TRY(const std::int64_t size, as_integer(value, here));
      if (size < 0) {
        return fail(ErrorCode::kInvalidArgument, "{}: {} is negative", here.text(), size);
      }
      found.binary_data_size = static_cast<std::size_t>(size);
    } else if (key == "binary_data") {
      TEMPER_TRY(found.binary_data, as_bool(value, here));
    } else if (key == "classification") {
      return fail(ErrorCode::kUnimplemented, "{}: the classification extension is not served",
                  here.text());
    } else if (key.starts_with("shared_memory")) {
      return fail(ErrorCode::kUnimplemented, "{}: the shared memory extension is not served",
                  here.text());
    }
  }
  return found;
}

Result<DataType> decode_data_type(const dom::element& element, const Place& place) {
  TEMPER_TRY(const std::string_view name, as_string(element, place));
  const std::optional<DataType> type = parse_data_type(name);
  if (!type) {
    return fail(
        ErrorCode::kInvalidArgument,
        "{}: unknown datatype '{}', expected one of BOOL, UINT8..UINT64, INT8..INT64, FP16, "
        "BF16, FP32, FP64, BYTES",
        place.text(), name);
  }
  return *type;
}

Result<NamedTensor> decode_tensor(const dom::element& element, BinaryPart& binary,
                                  const Place& place) {
  TEMPER_TRY(const dom::object object, as_object(element, place));
  TEMPER_TRY_STATUS(check_unique_keys(object, place));
  NamedTensor input;
  std::optional<Shape> shape;
  std::optional<DataType> type;
  std::optional<dom::element> data;
  TensorParameters parameters;
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    const Place here = place.member(key);
    if (key == "name") {
      TEMPER_TRY(const std::string_view name, as_string(value, here));
      input.name = name;
    } else if (key == "shape") {
      TEMPER_TRY(shape, decode_shape(value, here));
    } else if (key == "datatype") {
      TEMPER_TRY(type, decode_data_type(value, here));
    } else if (key == "parameters") {
      TEMPER_TRY(parameters, tensor_parameters(value, here));
    } else if (key == "data") {
      data = value;
    }
  }
  const auto missing = [&](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, "{}: '{}' is missing", place.text(), what);
  };
  if (input.name.empty()) return missing("name");
  if (!shape) return missing("shape");
  if (!type) return missing("datatype");
  if (parameters.binary_data_size) {
    if (data) {
      return fail(ErrorCode::kInvalidArgument, "{}: both 'data' and 'binary_data_size'",
                  place.text());
    }
    TEMPER_TRY(input.tensor,
               binary.take(*type, std::move(*shape), *parameters.binary_data_size, place));
  } else {
    if (!data) return missing("data");
    TEMPER_TRY(input.tensor, tensor_from_json(*data, *type, std::move(*shape), binary.json_size(),
                                              place.member("data")));
  }
  TEMPER_TRY_STATUS(check_tensor(input.tensor, input.name));
  return input;
}

}  // namespace temper::oip
