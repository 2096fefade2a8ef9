#include "temper/model/runtime/onnxruntime/values.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <utility>

namespace temper::runtime {
namespace {

// Indexed by DataType.
constexpr std::array<ONNXTensorElementDataType, 14> kElementTypes = {
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,     ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,   ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,   ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING,
};

Status check(const OnnxLibrary& library, OrtStatus* status) {
  return onnx_status(library.api(), status, OnnxActivity::kRunning);
}

Result<OnnxValue> make_string_value(const OnnxLibrary& library, const Tensor& tensor) {
  TEMPER_TRY(const auto elements, string_elements(tensor));
  const OrtApi& api = library.api();
  OrtValue* raw = nullptr;
  TEMPER_TRY_STATUS(check(
      library,
      api.CreateTensorAsOrtValue(library.allocator(), tensor.shape.data(), tensor.shape.size(),
                                 ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &raw)));
  OnnxValue value(raw, {&api});
  for (std::size_t k = 0; k < elements.size(); ++k) {
    char* buffer = nullptr;
    TEMPER_TRY_STATUS(check(
        library, api.GetResizedStringTensorElementBuffer(raw, k, elements[k].size(), &buffer)));
    if (!elements[k].empty()) std::memcpy(buffer, elements[k].data(), elements[k].size());
  }
  return value;
}

Result<Tensor> take_strings(const OnnxLibrary& library, const OrtValue* value, Shape shape) {
  TEMPER_TRY(const std::size_t count, element_count(shape));
  const OrtApi& api = library.api();
  std::size_t size = 0;
  TEMPER_TRY_STATUS(check(library, api.GetStringTensorDataLength(value, &size)));
  std::string text(size, '\0');
  std::vector<std::size_t> offsets(count);
  TEMPER_TRY_STATUS(
      check(library, api.GetStringTensorContent(value, text.data(), size, offsets.data(), count)));
  std::vector<std::string> elements;
  elements.reserve(count);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t end = k + 1 < count ? offsets[k + 1] : size;
    elements.push_back(text.substr(offsets[k], end - offsets[k]));
  }
  return Tensor::of_strings(std::move(shape), elements);
}

/// Whether `data` points into one of the inputs' bytes. `less` orders pointers into different
/// blocks.
bool lies_in(const void* data, std::span<const Tensor> inputs) {
  constexpr std::less<const std::byte*> kBefore;
  const auto* at = static_cast<const std::byte*>(data);
  for (const Tensor& input : inputs) {
    const std::byte* begin = input.data.data();
    if (!input.data.empty() && !kBefore(at, begin) && kBefore(at, begin + input.data.size())) {
      return true;
    }
  }
  return false;
}

}  // namespace

ONNXTensorElementDataType onnx_element_type(DataType type) {
  return kElementTypes[static_cast<std::size_t>(type)];
}

std::optional<DataType> data_type_of(ONNXTensorElementDataType type) {
  for (std::size_t k = 0; k < kElementTypes.size(); ++k) {
    if (kElementTypes[k] == type) return static_cast<DataType>(k);
  }
  return std::nullopt;
}

Result<OnnxValue> make_value(const OnnxLibrary& library, const Tensor& tensor,
                             std::vector<std::unique_ptr<std::byte[]>>& copies) {
  if (tensor.datatype == DataType::kBytes) return make_string_value(library, tensor);
  // An empty tensor may have no address at all, which ONNX Runtime takes for a mistake.
  static std::max_align_t nothing;
  const void* data = tensor.data.empty() ? static_cast<const void*>(&nothing) : tensor.data.data();
  if (reinterpret_cast<std::uintptr_t>(data) % element_size(tensor.datatype) != 0) {
    copies.push_back(std::make_unique_for_overwrite<std::byte[]>(tensor.data.size()));
    std::memcpy(copies.back().get(), tensor.data.data(), tensor.data.size());
    data = copies.back().get();
  }
  OrtValue* raw = nullptr;
  // Inputs are never written by a run; the interface just has no const variant.
  TEMPER_TRY_STATUS(check(library, library.api().CreateTensorWithDataAsOrtValue(
                                       library.cpu_memory(), const_cast<void*>(data),
                                       tensor.data.size(), tensor.shape.data(), tensor.shape.size(),
                                       onnx_element_type(tensor.datatype), &raw)));
  return OnnxValue(raw, {&library.api()});
}

Result<Tensor> take_value(const OnnxLibrary& library, OnnxValue value,
                          std::shared_ptr<const void> keep_alive, std::span<const Tensor> inputs) {
  const OrtApi& api = library.api();
  ONNXTensorElementDataType element_type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  const std::int64_t* dimensions = nullptr;
  std::size_t rank = 0;
  TEMPER_TRY_STATUS(check(library, api.GetTensorElementTypeAndShapeDataReference(
                                       value.get(), &element_type, &dimensions, &rank)));
  const auto type = data_type_of(element_type);
  if (!type) {
    return fail(ErrorCode::kInternal, "the model gave an element type the protocol lacks ({})",
                static_cast<int>(element_type));
  }
  Shape shape(dimensions, dimensions + rank);
  if (*type == DataType::kBytes) return take_strings(library, value.get(), std::move(shape));
  TEMPER_TRY(const std::size_t count, element_count(shape));
  const void* data = nullptr;
  TEMPER_TRY_STATUS(check(library, api.GetTensorData(value.get(), &data)));
  const std::span bytes(static_cast<const std::byte*>(data), count * element_size(*type));
  if (lies_in(data, inputs)) return Tensor::copy_of(*type, std::move(shape), bytes);

  struct Owner {
    // Declared first, so destroyed last: the value may lie in memory of the session.
    std::shared_ptr<const void> session;
    OnnxValue value;
  };
  auto owner = std::make_shared<const Owner>(std::move(keep_alive), std::move(value));
  return Tensor{
      .datatype = *type, .shape = std::move(shape), .data = bytes, .owner = std::move(owner)};
}

}  // namespace temper::runtime
