#include "temper/model/tensor/tensor.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "temper/core/check.h"

namespace temper {
namespace {

struct DataTypeTraits {
  std::string_view name;
  std::size_t size;
};

// Indexed by DataType.
constexpr std::array<DataTypeTraits, 14> kDataTypes = {{
    {"BOOL", 1},
    {"UINT8", 1},
    {"UINT16", 2},
    {"UINT32", 4},
    {"UINT64", 8},
    {"INT8", 1},
    {"INT16", 2},
    {"INT32", 4},
    {"INT64", 8},
    {"FP16", 2},
    {"BF16", 2},
    {"FP32", 4},
    {"FP64", 8},
    {"BYTES", 0},
}};

constexpr std::size_t kMaxElements = std::size_t{1} << 48;
constexpr std::size_t kLengthPrefix = sizeof(std::uint32_t);

std::uint32_t read_length(const std::byte* at) {
  std::uint32_t length = 0;
  std::memcpy(&length, at, kLengthPrefix);
  return length;
}

/// Offset behind `count` BYTES elements that start at `offset`; empty when the data end before.
std::optional<std::size_t> skip_elements(std::span<const std::byte> data, std::size_t offset,
                                         std::size_t count) {
  for (; count > 0; --count) {
    if (data.size() - offset < kLengthPrefix) return std::nullopt;
    const std::size_t length = read_length(data.data() + offset);
    offset += kLengthPrefix;
    if (data.size() - offset < length) return std::nullopt;
    offset += length;
  }
  return offset;
}

}  // namespace

std::string_view data_type_name(DataType type) {
  return kDataTypes[static_cast<std::size_t>(type)].name;
}

std::optional<DataType> parse_data_type(std::string_view name) {
  for (std::size_t k = 0; k < kDataTypes.size(); ++k) {
    if (kDataTypes[k].name == name) return static_cast<DataType>(k);
  }
  return std::nullopt;
}

std::size_t element_size(DataType type) { return kDataTypes[static_cast<std::size_t>(type)].size; }

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ","));
}

Result<std::size_t> element_count(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) {
      return fail(ErrorCode::kInvalidArgument, "shape {} has a negative dimension",
                  shape_text(shape));
    }
    if (dimension == 0) {
      empty = true;
      continue;
    }
    // A zero elsewhere must not hide an absurd dimension: the product runs over the others.
    if (static_cast<std::uint64_t>(dimension) > kMaxElements / count) {
      return fail(ErrorCode::kInvalidArgument, "shape {} has more than 2^48 elements",
                  shape_text(shape));
    }
    count *= static_cast<std::size_t>(dimension);
  }
  return empty ? 0 : count;
}

Tensor Tensor::copy_of(DataType type, Shape shape, std::span<const std::byte> bytes) {
  return adopt(type, std::move(shape), std::vector<std::byte>(bytes.begin(), bytes.end()));
}

Tensor Tensor::adopt(DataType type, Shape shape, std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const std::span<const std::byte> view(*owner);
  return Tensor{
      .datatype = type, .shape = std::move(shape), .data = view, .owner = std::move(owner)};
}

Tensor Tensor::of_strings(Shape shape, std::span<const std::string> values) {
  std::size_t size = 0;
  for (const std::string& value : values) size += kLengthPrefix + value.size();
  std::vector<std::byte> bytes(size);
  std::byte* at = bytes.data();
  for (const std::string& value : values) {
    const auto length = static_cast<std::uint32_t>(value.size());
    std::memcpy(at, &length, kLengthPrefix);
    at += kLengthPrefix;
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
    at += value.size();
  }
  return adopt(DataType::kBytes, std::move(shape), std::move(bytes));
}

Status check_tensor(const Tensor& tensor, std::string_view name) {
  const auto count = element_count(tensor.shape);
  if (!count) return with_context(count.error(), fmt::format("tensor '{}'", name));
  if (tensor.datatype == DataType::kBytes) {
    const auto end = skip_elements(tensor.data, 0, *count);
    if (!end) {
      return fail(ErrorCode::kInvalidArgument,
                  "tensor '{}': its {} bytes end inside one of the {} BYTES elements of shape {}",
                  name, tensor.data.size(), *count, shape_text(tensor.shape));
    }
    if (*end != tensor.data.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  "tensor '{}': {} bytes follow its {} BYTES elements of shape {}", name,
                  tensor.data.size() - *end, *count, shape_text(tensor.shape));
    }
    return {};
  }
  const std::size_t expected = *count * element_size(tensor.datatype);
  if (tensor.data.size() != expected) {
    return fail(ErrorCode::kInvalidArgument, "tensor '{}': {} bytes came, {} {} needs {}", name,
                tensor.data.size(), data_type_name(tensor.datatype), shape_text(tensor.shape),
                expected);
  }
  return {};
}

Result<std::vector<std::string_view>> string_elements(const Tensor& tensor) {
  if (tensor.datatype != DataType::kBytes) {
    return fail(ErrorCode::kInvalidArgument, "expected a BYTES tensor, not {}",
                data_type_name(tensor.datatype));
  }
  TEMPER_TRY_STATUS(check_tensor(tensor, "BYTES"));
  TEMPER_TRY(const std::size_t count, element_count(tensor.shape));
  std::vector<std::string_view> elements;
  elements.reserve(count);
  const std::byte* at = tensor.data.data();
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t length = read_length(at);
    at += kLengthPrefix;
    elements.emplace_back(reinterpret_cast<const char*>(at), length);
    at += length;
  }
  return elements;
}

Tensor concatenate_rows(std::span<const Tensor* const> parts) {
  TEMPER_CHECK(!parts.empty());
  if (parts.size() == 1) return *parts[0];
  std::size_t size = 0;
  std::int64_t rows = 0;
  for (const Tensor* part : parts) {
    TEMPER_CHECK(part->datatype == parts[0]->datatype);
    TEMPER_CHECK(!part->shape.empty());
    TEMPER_CHECK(std::equal(part->shape.begin() + 1, part->shape.end(), parts[0]->shape.begin() + 1,
                            parts[0]->shape.end()));
    size += part->data.size();
    rows += part->shape[0];
  }
  // Not zeroed first: every byte is written below.
  auto bytes = std::make_shared_for_overwrite<std::byte[]>(size);
  std::byte* at = bytes.get();
  for (const Tensor* part : parts) {
    if (!part->data.empty()) std::memcpy(at, part->data.data(), part->data.size());
    at += part->data.size();
  }
  Shape shape = parts[0]->shape;
  shape[0] = rows;
  const std::span<const std::byte> view(bytes.get(), size);
  return Tensor{.datatype = parts[0]->datatype,
                .shape = std::move(shape),
                .data = view,
                .owner = std::move(bytes)};
}

Result<Tensor> slice_rows(const Tensor& tensor, std::int64_t first, std::int64_t count) {
  if (tensor.shape.empty() || first < 0 || count < 0 || first > tensor.shape[0] ||
      count > tensor.shape[0] - first) {
    return fail(ErrorCode::kInternal, "rows [{}, {}+{}) are not in a tensor of shape {}", first,
                first, count, shape_text(tensor.shape));
  }
  TEMPER_TRY(const std::size_t row_elements, element_count(std::span(tensor.shape).subspan(1)));
  Tensor slice = tensor;
  slice.shape[0] = count;
  const auto skipped = static_cast<std::size_t>(first) * row_elements;
  const auto kept = static_cast<std::size_t>(count) * row_elements;
  if (tensor.datatype == DataType::kBytes) {
    const auto begin = skip_elements(tensor.data, 0, skipped);
    const auto end = begin ? skip_elements(tensor.data, *begin, kept) : std::nullopt;
    if (!end) {
      return fail(ErrorCode::kInternal, "a BYTES tensor of shape {} holds fewer elements",
                  shape_text(tensor.shape));
    }
    slice.data = tensor.data.subspan(*begin, *end - *begin);
    return slice;
  }
  const std::size_t size = element_size(tensor.datatype);
  if ((skipped + kept) * size > tensor.data.size()) {
    return fail(ErrorCode::kInternal, "a tensor of shape {} holds only {} bytes",
                shape_text(tensor.shape), tensor.data.size());
  }
  slice.data = tensor.data.subspan(skipped * size, kept * size);
  return slice;
}

}  // namespace temper
