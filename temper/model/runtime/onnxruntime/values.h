// Tensors as ONNX Runtime's values and back.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <optional>
#include <span>

#include "temper/model/runtime/onnxruntime/library.h"
#include "temper/model/tensor/tensor.h"

namespace temper::runtime {

[[nodiscard]] ONNXTensorElementDataType onnx_element_type(DataType type);
/// Empty for types that the Open Inference Protocol has no name for (complex, 8- and 4-bit floats).
[[nodiscard]] std::optional<DataType> data_type_of(ONNXTensorElementDataType type);

/// A value that views `tensor`'s bytes, which must outlive it. Strings are copied, as are bytes
/// that do not lie at a multiple of their element's size: kernels read elements, not bytes; the
/// copy is kept in `copies`.
[[nodiscard]] Result<OnnxValue> make_value(const OnnxLibrary& library, const Tensor& tensor,
                                           std::vector<std::unique_ptr<std::byte[]>>& copies);

/// A tensor that owns `value` and with it `keep_alive` (the session, whose memory a constant output
/// may be). Strings are copied. An output that is one of the `inputs` handed through is copied,
/// since their bytes belong to the caller.
[[nodiscard]] Result<Tensor> take_value(const OnnxLibrary& library, OnnxValue value,
                                        std::shared_ptr<const void> keep_alive,
                                        std::span<const Tensor> inputs);

}  // namespace temper::runtime
