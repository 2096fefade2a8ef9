// Tensors as they travel from a caller to a model and back, and what a model says it takes.
//
// Elements lie row-major. Strings (datatype BYTES) lie as the Open Inference Protocol's binary
// extension has them: for each element a little-endian u32 length, then its bytes. So every tensor
// is one contiguous block that can be viewed in a receive buffer or laid into shared memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper {

/// Names and meanings of the Open Inference Protocol v2.
enum class DataType : std::uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

/// "BOOL", "UINT8", ... "FP32", "BYTES".
[[nodiscard]] std::string_view data_type_name(DataType type);
[[nodiscard]] std::optional<DataType> parse_data_type(std::string_view name);
/// Bytes per element; 0 for BYTES, whose elements vary.
[[nodiscard]] std::size_t element_size(DataType type);

using Shape = std::vector<std::int64_t>;

/// "[2,50]"; a dynamic dimension (-1) prints as -1.
[[nodiscard]] std::string shape_text(std::span<const std::int64_t> shape);

/// Number of elements. Errors: kInvalidArgument on a negative dimension, or a product over 2^48.
[[nodiscard]] Result<std::size_t> element_count(std::span<const std::int64_t> shape);

/// A tensor whose bytes belong to `owner`: a receive buffer, a vendor's allocation, a batch of
/// which this is a slice of rows. Copies share the bytes. Values are immutable once published.
struct Tensor {
  DataType datatype = DataType::kFp32;
  Shape shape;
  std::span<const std::byte> data;
  std::shared_ptr<const void> owner;

  /// A tensor that owns a copy of `bytes`.
  [[nodiscard]] static Tensor copy_of(DataType type, Shape shape, std::span<const std::byte> bytes);
  /// A tensor that takes over `bytes`.
  [[nodiscard]] static Tensor adopt(DataType type, Shape shape, std::vector<std::byte> bytes);
  /// A BYTES tensor made of `values`.
  [[nodiscard]] static Tensor of_strings(Shape shape, std::span<const std::string> values);

  /// Dimension 0, or 1 for a scalar.
  [[nodiscard]] std::int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
};

/// Checks that the bytes are exactly what datatype and shape call for (each BYTES element whole).
[[nodiscard]] Status check_tensor(const Tensor& tensor, std::string_view name);

/// The elements of a BYTES tensor, as views into it. Errors: kInvalidArgument when malformed.
[[nodiscard]] Result<std::vector<std::string_view>> string_elements(const Tensor& tensor);

/// Tensors of equal datatype and trailing shape, one under the other. Needs at least one part.
[[nodiscard]] Tensor concatenate_rows(std::span<const Tensor* const> parts);

/// Rows [first, first + count) of `tensor`, sharing its bytes. Errors: kInternal when it has fewer.
[[nodiscard]] Result<Tensor> slice_rows(const Tensor& tensor, std::int64_t first,
                                        std::int64_t count);

}  // namespace temper
