// One tensor in JSON, with its binary form behind the document: the same for a request's inputs and
// an answer's outputs. Private to this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"
#include "temper/gateway/oip/json_reader.h"

namespace temper::oip {

/// Hands out the bytes behind the JSON part, in order.
class BinaryPart {
 public:
  /// `owner` keeps `bytes` alive, and with them the tensors that view them.
  BinaryPart(std::span<const std::byte> bytes, std::size_t json_size,
             std::shared_ptr<const void> owner)
      : rest_(bytes.subspan(json_size)), json_size_(json_size), owner_(std::move(owner)) {}

  /// The next `size` bytes as a tensor: a view where they lie aligned for `type`, else a copy.
  /// Errors: kInvalidArgument when fewer are left.
  [[nodiscard]] Result<Tensor> take(DataType type, Shape shape, std::size_t size,
                                    const Place& place);

  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] std::size_t json_size() const { return json_size_; }

 private:
  std::span<const std::byte> rest_;
  std::size_t json_size_;
  std::shared_ptr<const void> owner_;
};

/// Parameters of one tensor: those of the binary extension.
struct TensorParameters {
  std::optional<std::size_t> binary_data_size;
  std::optional<bool> binary_data;
};

[[nodiscard]] Result<TensorParameters> tensor_parameters(const simdjson::dom::element& element,
                                                         const Place& place);

[[nodiscard]] Result<DataType> decode_data_type(const simdjson::dom::element& element,
                                                const Place& place);

/// `{"name":..,"shape":..,"datatype":..,"data":..}`, or with "binary_data_size" in its parameters.
/// What it says is checked: `check_tensor` holds. Errors: kInvalidArgument, kUnimplemented.
[[nodiscard]] Result<NamedTensor> decode_tensor(const simdjson::dom::element& element,
                                                BinaryPart& binary, const Place& place);

/// Appends the tensor's JSON; a binary one says its size and its bytes are for the caller to send.
/// Errors: kInvalidArgument where JSON cannot say it.
[[nodiscard]] Status append_tensor(std::string& out, const OutputView& output);

/// An integer, a boolean or a number in JSON.
void append_scalar(std::string& out, bool value);
void append_scalar(std::string& out, std::int64_t value);
void append_scalar(std::string& out, double value);

/// True where a floating-point tensor (FP32, FP64) holds one.
[[nodiscard]] bool has_infinity(const Tensor& tensor);

}  // namespace temper::oip
