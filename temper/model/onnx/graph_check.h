// Whether a graph hangs together: names defined once and before use, no cycles, bounded size; and
// what is found on the way.
#pragma once

#include "temper/core/result.h"
#include "temper/model/onnx/inspect.h"

namespace onnx {
class ModelProto;
}  // namespace onnx

namespace temper::onnx_graph {

struct GraphLimits {
  /// Nodes of the graph with its subgraphs, and with functions written out where they are called.
  std::uint64_t nodes = 1'000'000;
  /// Graphs inside graphs: If in a Loop in a Scan is 3.
  int depth = 16;
  /// Functions that call functions.
  int call_depth = 64;
  /// Bytes of all constants together, sparse ones as an engine unfolds them.
  std::uint64_t constant_bytes = std::uint64_t{2} << 30;
};

/// Checks graph, subgraphs and functions of `model`, and fills operators, node_count,
/// initializer_bytes and value_dependent_operator of the summary.
///
/// Errors: kInvalidArgument. Nodes may come in any order, as engines sort them.
[[nodiscard]] Status check_graphs(const onnx::ModelProto& model, const GraphLimits& limits,
                                  GraphSummary& summary);

}  // namespace temper::onnx_graph
