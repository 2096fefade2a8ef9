// Private to this folder: a tensor as JSON has it, the same in requests and in answers.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"
#include "temper/gateway/oip/json_document.h"

namespace temper::oip {

/// The binary tensors behind the JSON part, taken in order.
struct BinaryPart {
  std::span<const std::byte> rest;
  std::shared_ptr<const void> owner;
  /// False where the body is JSON to its end: then no tensor may be binary.
  bool present = false;
};

/// Reads `{"name","shape","datatype","parameters","data"}`. `json_bytes` is the size of the
/// document: data cannot have more elements than it has bytes, which bounds what a shape may
/// allocate.
[[nodiscard]] Result<NamedTensor> read_tensor(const Element& element, const Place& place,
                                              std::size_t json_bytes, BinaryPart& binary);

}  // namespace temper::oip
