#include "temper/gateway/oip/json_tensor.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace temper::oip {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian");

struct TensorMembers {
  std::optional<std::string_view> name;
  std::optional<DataType> datatype;
  Shape shape;
  bool has_shape = false;
  std::optional<Element> data;
  std::optional<std::uint64_t> binary_size;
};

Status read_tensor_parameter(std::string_view key, const Element& value, const Place& place,
                             TensorMembers& members) {
  if (key == "binary_data_size") {
    TEMPER_TRY(members.binary_size, read_unsigned(value, place));
  } else if (key.starts_with("shared_memory_")) {
    return fail(ErrorCode::kUnimplemented,
                "{}: shared memory is not supported, expected the data in the body",
                place.to_string());
  }
  return {};
}

Result<Shape> read_shape(const Element& element, const Place& place) {
  TEMPER_TRY(const simdjson::dom::array array, read_array(element, place));
  if (array.size() > kMaxRank) {
    return unexpected_value(place, fmt::format("a shape of rank {}", array.size()),
                            fmt::format("at most {}", kMaxRank));
  }
  Shape shape;
  shape.reserve(array.size());
  for (const Element dimension : array) {
    const Place here = place.at(shape.size());
    std::int64_t size = 0;
    if (dimension.get(size) != simdjson::SUCCESS) {
      return unexpected_value(here, kind_name(dimension), "a dimension");
    }
    if (size < 0) return unexpected_value(here, std::to_string(size), "a dimension of 0 or more");
    shape.push_back(size);
  }
  return shape;
}

Result<TensorMembers> read_members(const Element& element, const Place& place) {
  TensorMembers members;
  TEMPER_TRY_STATUS(for_each_member(
      element, place,
      [&members](std::string_view key, const Element& value, const Place& here) -> Status {
        if (key == "name") {
          TEMPER_TRY(members.name, read_string(value, here));
        } else if (key == "datatype") {
          TEMPER_TRY(const std::string_view text, read_string(value, here));
          members.datatype = parse_data_type(text);
          if (!members.datatype) {
            return unexpected_value(here, fmt::format("'{}'", text.substr(0, 64)),
                                    "BOOL, UINT8..UINT64, INT8..INT64, FP16, BF16, FP32, FP64 or "
                                    "BYTES");
          }
        } else if (key == "shape") {
          TEMPER_TRY(members.shape, read_shape(value, here));
          members.has_shape = true;
        } else if (key == "data") {
          members.data = value;
        } else if (key == "parameters") {
          return for_each_member(
              value, here,
              [&members](std::string_view name, const Element& parameter, const Place& inner) {
                return read_tensor_parameter(name, parameter, inner, members);
              });
        }
        return {};
      }));
  if (!members.name) return unexpected_value(place.member("name"), "nothing", "a string");
  if (!members.datatype) return unexpected_value(place.member("datatype"), "nothing", "a string");
  if (!members.has_shape) return unexpected_value(place.member("shape"), "nothing", "an array");
  return members;
}

std::unexpected<Error> wrong_element(const Element& element, const Place& place,
                                     DataType datatype) {
  const std::string expected = datatype == DataType::kBool    ? "true or false"
                               : datatype == DataType::kBytes ? "a string"
                               : datatype >= DataType::kFp32
                                   ? fmt::format("a number within {}", data_type_name(datatype))
                                   : fmt::format("an integer within {}", data_type_name(datatype));
  std::string came(kind_name(element));
  if (element.is_int64()) came = std::to_string(element.get_int64().value_unsafe());
  if (element.is_uint64()) came = std::to_string(element.get_uint64().value_unsafe());
  if (element.type() == simdjson::dom::element_type::DOUBLE) {
    came = fmt::format("{}", element.get_double().value_unsafe());
  }
  return unexpected_value(place, came, expected);
}

/// One element as a value of type T; false when it is none.
template <typename T>
bool convert(const Element& element, T& out) {
  using simdjson::dom::element_type;
  const element_type type = element.type();
  if constexpr (std::is_same_v<T, bool>) {
    if (type != element_type::BOOL) return false;
    out = element.get_bool().value_unsafe();
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (type == element_type::DOUBLE) {
      out = static_cast<T>(element.get_double().value_unsafe());
      return std::isfinite(out);
    }
    if (type == element_type::INT64) {
      out = static_cast<T>(element.get_int64().value_unsafe());
      return true;
    }
    if (type == element_type::UINT64) {
      out = static_cast<T>(element.get_uint64().value_unsafe());
      return true;
    }
    out = std::numeric_limits<T>::quiet_NaN();
    return type == element_type::NULL_VALUE;
  } else {
    if (type == element_type::INT64) {
      const std::int64_t value = element.get_int64().value_unsafe();
      out = static_cast<T>(value);
      return std::in_range<T>(value);
    }
    if (type == element_type::UINT64) {
      const std::uint64_t value = element.get_uint64().value_unsafe();
      out = static_cast<T>(value);
      return std::in_range<T>(value);
    }
    return false;
  }
}

template <typename T>
class FixedSink {
 public:
  explicit FixedSink(std::size_t count)
      // Words, so that the elements lie aligned whatever their type.
      : words_(std::make_shared_for_overwrite<std::uint64_t[]>(count * sizeof(T) / 8 + 1)),
        next_(reinterpret_cast<std::byte*>(words_.get())),
        size_(count * sizeof(T)) {}

  bool put(const Element& element) {
    T value{};
    if (!convert(element, value)) return false;
    std::memcpy(next_, &value, sizeof(T));
    next_ += sizeof(T);
    return true;
  }

  Tensor finish(DataType datatype, Shape shape) {
    const std::span<const std::byte> view(reinterpret_cast<const std::byte*>(words_.get()), size_);
    return Tensor{
        .datatype = datatype, .shape = std::move(shape), .data = view, .owner = std::move(words_)};
  }

 private:
  std::shared_ptr<std::uint64_t[]> words_;
  std::byte* next_;
  std::size_t size_;
};

class BytesSink {
 public:
  explicit BytesSink(std::size_t count) { bytes_.reserve(count * 8); }

  bool put(const Element& element) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return false;
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) return false;
    const auto length = static_cast<std::uint32_t>(text.size());
    const std::size_t end = bytes_.size();
    bytes_.resize(end + sizeof(length) + text.size());
    std::memcpy(bytes_.data() + end, &length, sizeof(length));
    if (!text.empty()) std::memcpy(bytes_.data() + end + sizeof(length), text.data(), text.size());
    return true;
  }

  Tensor finish(DataType datatype, Shape shape) {
    return Tensor::adopt(datatype, std::move(shape), std::move(bytes_));
  }

 private:
  std::vector<std::byte> bytes_;
};

/// Walks one level of nesting; a flat array is one level of all elements.
template <typename Sink>
Status fill(Sink& sink, const simdjson::dom::array& array, std::span<const std::size_t> sizes,
            const Place& place, DataType datatype) {
  std::size_t position = 0;
  for (const Element element : array) {
    if (position == sizes[0]) break;
    if (sizes.size() == 1) {
      if (!sink.put(element)) [[unlikely]] {
        return wrong_element(element, place.at(position), datatype);
      }
    } else {
      const Place here = place.at(position);
      TEMPER_TRY(const simdjson::dom::array inner, read_array(element, here));
      TEMPER_TRY_STATUS(fill(sink, inner, sizes.subspan(1), here, datatype));
    }
    ++position;
  }
  // The tape's own count saturates, so an array is counted by walking it.
  std::size_t size = 0;
  if (position == sizes[0]) {
    for ([[maybe_unused]] const Element element : array) ++size;
  } else {
    size = position;
  }
  if (size == sizes[0]) return {};
  return unexpected_value(place, fmt::format("{} elements", size), fmt::format("{}", sizes[0]));
}

template <typename Sink>
Result<Tensor> read_data_into(Sink sink, const simdjson::dom::array& array,
                              std::span<const std::size_t> sizes, const Place& place,
                              DataType datatype, Shape shape) {
  TEMPER_TRY_STATUS(fill(sink, array, sizes, place, datatype));
  return sink.finish(datatype, std::move(shape));
}

Result<Tensor> read_data(const Element& data, const Place& place, DataType datatype, Shape shape,
                         std::size_t count) {
  TEMPER_TRY(const simdjson::dom::array array, read_array(data, place));
  const auto first = array.begin();
  const bool nested = first != array.end() && (*first).is_array();
  std::vector<std::size_t> sizes;
  if (nested) {
    for (const std::int64_t dimension : shape) sizes.push_back(static_cast<std::size_t>(dimension));
    if (sizes.empty()) return unexpected_value(place, "a nested array", "one element");
  } else {
    sizes.push_back(count);
  }
  switch (datatype) {
#define TEMPER_OIP_CASE(constant, type) \
  case DataType::constant:              \
    return read_data_into(FixedSink<type>(count), array, sizes, place, datatype, std::move(shape))
    TEMPER_OIP_CASE(kBool, bool);
    TEMPER_OIP_CASE(kUint8, std::uint8_t);
    TEMPER_OIP_CASE(kUint16, std::uint16_t);
    TEMPER_OIP_CASE(kUint32, std::uint32_t);
    TEMPER_OIP_CASE(kUint64, std::uint64_t);
    TEMPER_OIP_CASE(kInt8, std::int8_t);
    TEMPER_OIP_CASE(kInt16, std::int16_t);
    TEMPER_OIP_CASE(kInt32, std::int32_t);
    TEMPER_OIP_CASE(kInt64, std::int64_t);
    TEMPER_OIP_CASE(kFp32, float);
    TEMPER_OIP_CASE(kFp64, double);
#undef TEMPER_OIP_CASE
    case DataType::kBytes:
      return read_data_into(BytesSink(count), array, sizes, place, datatype, std::move(shape));
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return unexpected_value(place, fmt::format("{} in JSON", data_type_name(datatype)),
                          "binary data (parameter binary_data_size), for JSON has no such numbers");
}

Result<Tensor> take_binary(BinaryPart& binary, const Place& place, const TensorMembers& members) {
  const Place where = place.member("parameters");
  if (!binary.present) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: the header {} is missing, expected with binary tensors",
                where.member("binary_data_size").to_string(), kJsonLengthHeader);
  }
  const std::uint64_t size = *members.binary_size;
  if (size > binary.rest.size()) {
    return unexpected_value(
        where.member("binary_data_size"), std::to_string(size),
        fmt::format("at most {}, the bytes left in the body", binary.rest.size()));
  }
  const std::span<const std::byte> bytes = binary.rest.first(size);
  binary.rest = binary.rest.subspan(size);
  auto tensor = tensor_over(*members.datatype, members.shape, bytes, binary.owner, *members.name);
  if (!tensor) return with_context(tensor.error(), place.to_string());
  return tensor;
}

}  // namespace

Result<NamedTensor> read_tensor(const Element& element, const Place& place, std::size_t json_bytes,
                                BinaryPart& binary) {
  TEMPER_TRY(TensorMembers members, read_members(element, place));
  auto count = element_count(members.shape);
  if (!count) return with_context(count.error(), place.member("shape").to_string());
  NamedTensor named{.name = std::string(*members.name), .tensor = {}};
  if (members.binary_size) {
    if (members.data) {
      return unexpected_value(place, "both data and binary_data_size", "one of them");
    }
    TEMPER_TRY(named.tensor, take_binary(binary, place, members));
    return named;
  }
  const Place data_place = place.member("data");
  if (!members.data) {
    return unexpected_value(data_place, "nothing", "an array, or the parameter binary_data_size");
  }
  if (*count > json_bytes) {
    return unexpected_value(data_place, "fewer elements",
                            fmt::format("{} for shape {}", *count, shape_text(members.shape)));
  }
  TEMPER_TRY(named.tensor, read_data(*members.data, data_place, *members.datatype,
                                     std::move(members.shape), *count));
  return named;
}

}  // namespace temper::oip
