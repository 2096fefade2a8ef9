// Whether the tensors stored in an ONNX file hold what they claim to hold.
#pragma once

#include <cstdint>
#include <string_view>

#include "temper/core/result.h"

namespace onnx {
class TensorProto;
class SparseTensorProto;
}  // namespace onnx

namespace temper::onnx_graph {

/// The size of `tensor` in memory, in bytes, once its stored data are known to match its
/// dimensions. Errors: kInvalidArgument for external data, an unknown element type, a negative
/// dimension, or too few or too many elements; the message starts with `what` and the tensor's
/// name.
[[nodiscard]] Result<std::uint64_t> stored_tensor_bytes(const onnx::TensorProto& tensor,
                                                        std::string_view what);

/// The same for a sparse tensor: its size is that of the dense tensor that an engine makes of it.
[[nodiscard]] Result<std::uint64_t> stored_tensor_bytes(const onnx::SparseTensorProto& tensor,
                                                        std::string_view what);

}  // namespace temper::onnx_graph
