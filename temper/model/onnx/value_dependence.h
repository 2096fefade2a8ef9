// Which operators take memory or time that depends on the values they are given.
#pragma once

#include <span>
#include <string_view>

namespace temper::onnx_graph {

/// Whether a node's memory or time depends on values, given for each of its inputs whether that one
/// depends on the values a caller sends (rather than only on constants and on shapes).
///
/// Loops count always: how often they turn is decided inside. `domain` is "" for ai.onnx.
[[nodiscard]] bool depends_on_values(std::string_view domain, std::string_view op_type,
                                     std::span<const bool> input_depends);

}  // namespace temper::onnx_graph
