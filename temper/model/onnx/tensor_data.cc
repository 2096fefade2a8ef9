#include "temper/model/onnx/tensor_data.h"

#include <onnx.pb.h>

#include <optional>

#include "temper/model/tensor/tensor.h"

namespace temper::onnx_graph {
namespace {

using onnx::TensorProto;

/// Bits per element; 0 for strings, which lie apart. Empty for an unknown type.
std::optional<std::uint64_t> element_bits(std::int32_t type) {
  switch (type) {
    case TensorProto::STRING:
      return 0;
    case TensorProto::UINT2:
    case TensorProto::INT2:
      return 2;
    case TensorProto::UINT4:
    case TensorProto::INT4:
    case TensorProto::FLOAT4E2M1:
      return 4;
    case TensorProto::BOOL:
    case TensorProto::UINT8:
    case TensorProto::INT8:
    case TensorProto::FLOAT8E4M3FN:
    case TensorProto::FLOAT8E4M3FNUZ:
    case TensorProto::FLOAT8E5M2:
    case TensorProto::FLOAT8E5M2FNUZ:
    case TensorProto::FLOAT8E8M0:
      return 8;
    case TensorProto::UINT16:
    case TensorProto::INT16:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
      return 16;
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 32;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
    case TensorProto::UINT64:
    case TensorProto::COMPLEX64:
      return 64;
    case TensorProto::COMPLEX128:
      return 128;
    default:
      return std::nullopt;
  }
}

struct StoredCount {
  std::uint64_t stored;
  std::uint64_t expected;
};

/// Entries of the typed field that holds `type`, and how many `count` elements take there.
StoredCount typed_entries(const TensorProto& tensor, std::uint64_t count, std::uint64_t bits) {
  const auto size = [](const auto& field) { return static_cast<std::uint64_t>(field.size()); };
  switch (tensor.data_type()) {
    case TensorProto::STRING:
      return {size(tensor.string_data()), count};
    case TensorProto::FLOAT:
      return {size(tensor.float_data()), count};
    case TensorProto::COMPLEX64:
      return {size(tensor.float_data()), 2 * count};
    case TensorProto::DOUBLE:
      return {size(tensor.double_data()), count};
    case TensorProto::COMPLEX128:
      return {size(tensor.double_data()), 2 * count};
    case TensorProto::INT64:
      return {size(tensor.int64_data()), count};
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return {size(tensor.uint64_data()), count};
    default:
      // Types narrower than a byte are packed into bytes, one byte an entry.
      return {size(tensor.int32_data()), bits < 8 ? (count * bits + 7) / 8 : count};
  }
}

std::string where(std::string_view what, const std::string& name) {
  return fmt::format("{} '{}'", what, name);
}

}  // namespace

Result<std::uint64_t> stored_tensor_bytes(const TensorProto& tensor, std::string_view what) {
  const std::string place = where(what, tensor.name());
  if (tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    std::string location = "?";
    for (const auto& entry : tensor.external_data()) {
      if (entry.key() == "location") location = entry.value();
    }
    return fail(ErrorCode::kInvalidArgument,
                "{}: its data lie outside the file, in '{}'; save the model with all data inside",
                place, location);
  }
  const auto bits = element_bits(tensor.data_type());
  if (!bits) {
    return fail(ErrorCode::kInvalidArgument, "{}: unknown element type {}", place,
                tensor.data_type());
  }
  const std::span dims(tensor.dims().data(), static_cast<std::size_t>(tensor.dims_size()));
  const auto count = element_count(dims);
  if (!count) return with_context(count.error(), place);
  const std::uint64_t bytes = (*count * *bits + 7) / 8;
  if (tensor.has_raw_data()) {
    if (tensor.data_type() == TensorProto::STRING) {
      return fail(ErrorCode::kInvalidArgument, "{}: strings cannot lie in raw_data", place);
    }
    if (tensor.raw_data().size() != bytes) {
      return fail(ErrorCode::kInvalidArgument, "{}: holds {} bytes, its dimensions {} need {}",
                  place, tensor.raw_data().size(), shape_text(dims), bytes);
    }
    return bytes;
  }
  const StoredCount entries = typed_entries(tensor, *count, *bits);
  if (entries.stored != entries.expected) {
    return fail(ErrorCode::kInvalidArgument, "{}: holds {} elements, its dimensions {} need {}",
                place, entries.stored, shape_text(dims), entries.expected);
  }
  if (tensor.data_type() != TensorProto::STRING) return bytes;
  std::uint64_t string_bytes = 0;
  for (const std::string& text : tensor.string_data()) string_bytes += text.size();
  return string_bytes;
}

Result<std::uint64_t> stored_tensor_bytes(const onnx::SparseTensorProto& tensor,
                                          std::string_view what) {
  TEMPER_TRY_STATUS(stored_tensor_bytes(tensor.values(), what));
  TEMPER_TRY_STATUS(stored_tensor_bytes(tensor.indices(), what));
  const std::string place = where(what, tensor.values().name());
  const std::span dims(tensor.dims().data(), static_cast<std::size_t>(tensor.dims_size()));
  const auto count = element_count(dims);
  if (!count) return with_context(count.error(), place);
  const std::uint64_t bits = element_bits(tensor.values().data_type()).value_or(0);
  return (*count * bits + 7) / 8;
}

}  // namespace temper::onnx_graph
