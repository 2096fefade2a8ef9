// A first look at a file's bytes, so that a truncated file, or one that is no protobuf, is refused
// in words that say so, before anything is allocated for what it claims to hold.
#pragma once

#include <string_view>

#include "temper/core/result.h"

namespace temper::onnx_graph {

/// Walks the outermost fields of a protobuf message. Errors: kInvalidArgument saying at which byte
/// a field ends past the end of `bytes`, or which tag no ModelProto has.
[[nodiscard]] Status check_wire_format(std::string_view bytes);

}  // namespace temper::onnx_graph
