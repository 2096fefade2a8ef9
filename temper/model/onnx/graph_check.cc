#include "temper/model/onnx/graph_check.h"

#include <onnx.pb.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "temper/model/onnx/tensor_data.h"
#include "temper/model/onnx/value_dependence.h"

namespace temper::onnx_graph {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// Values of one graph, and the graph around it, whose values it sees too.
struct Scope {
  /// Name to: does it depend on the values a caller sends?
  std::unordered_map<std::string_view, bool> values;
  const Scope* outer = nullptr;

  [[nodiscard]] std::optional<bool> find(std::string_view name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
      if (const auto at = scope->values.find(name); at != scope->values.end()) return at->second;
    }
    return std::nullopt;
  }
};

std::string_view normal_domain(std::string_view domain) {
  return domain == "ai.onnx" ? std::string_view() : domain;
}

std::string operator_name(const onnx::NodeProto& node) {
  const std::string_view domain = normal_domain(node.domain());
  return domain.empty() ? node.op_type() : fmt::format("{}.{}", domain, node.op_type());
}

/// "Gemm node 'fc1'", or by its first output where it has no name.
std::string node_text(const onnx::NodeProto& node) {
  if (!node.name().empty()) return fmt::format("{} node '{}'", node.op_type(), node.name());
  return fmt::format("{} node of '{}'", node.op_type(),
                     node.output_size() > 0 ? node.output(0) : std::string());
}

std::vector<const onnx::GraphProto*> subgraphs_of(const onnx::NodeProto& node) {
  std::vector<const onnx::GraphProto*> subgraphs;
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) subgraphs.push_back(&attribute.g());
    for (const auto& graph : attribute.graphs()) subgraphs.push_back(&graph);
  }
  return subgraphs;
}

/// Adds the names that `graph` uses and does not define, that is, what it takes from around it.
void collect_outer_names(const onnx::GraphProto& graph,
                         std::unordered_set<std::string_view>& names) {
  std::unordered_set<std::string_view> used;
  for (const auto& node : graph.node()) {
    used.insert(node.input().begin(), node.input().end());
    for (const auto* subgraph : subgraphs_of(node)) collect_outer_names(*subgraph, used);
  }
  for (const auto& output : graph.output()) used.insert(output.name());
  used.erase(std::string_view());
  for (const auto& input : graph.input()) used.erase(input.name());
  for (const auto& tensor : graph.initializer()) used.erase(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) used.erase(tensor.values().name());
  for (const auto& node : graph.node()) {
    for (const auto& output : node.output()) used.erase(output);
  }
  names.merge(used);
}

Status check_depth(const Nodes& nodes, int depth, int limit) {
  for (const auto& node : nodes) {
    for (const auto* subgraph : subgraphs_of(node)) {
      if (depth >= limit) {
        return fail(ErrorCode::kInvalidArgument, "{}: subgraphs are nested deeper than {}",
                    node_text(node), limit);
      }
      TEMPER_TRY_STATUS(check_depth(subgraph->node(), depth + 1, limit));
    }
  }
  return {};
}

using FunctionKey = std::string;
FunctionKey function_key(std::string_view domain, std::string_view name,
                         std::string_view overload) {
  return fmt::format("{}/{}/{}", normal_domain(domain), name, overload);
}

/// Counts nodes as they are once functions are written out: a few functions that each call the one
/// before twice are exponentially many nodes.
class FunctionSizes {
 public:
  FunctionSizes(const onnx::ModelProto& model, const GraphLimits& limits) : limits_(limits) {
    for (const auto& function : model.functions()) {
      functions_[function_key(function.domain(), function.name(), function.overload())] = {
          .function = &function, .size = std::nullopt, .in_progress = false};
    }
  }

  [[nodiscard]] bool contains(const onnx::NodeProto& node) const {
    return functions_.contains(key_of(node));
  }

  Result<std::uint64_t> size_of(const Nodes& nodes, int call_depth = 0) {
    std::uint64_t size = 0;
    for (const auto& node : nodes) {
      size += 1;
      for (const auto* subgraph : subgraphs_of(node)) {
        TEMPER_TRY(const std::uint64_t inner, size_of(subgraph->node(), call_depth));
        size += inner;
      }
      TEMPER_TRY(const std::uint64_t called, size_of_call(node, call_depth));
      size += called;
      if (size > limits_.nodes) {
        return fail(ErrorCode::kInvalidArgument, "the graph has more than {} nodes", limits_.nodes);
      }
    }
    return size;
  }

 private:
  struct Entry {
    const onnx::FunctionProto* function;
    std::optional<std::uint64_t> size;
    bool in_progress;
  };

  static FunctionKey key_of(const onnx::NodeProto& node) {
    return function_key(node.domain(), node.op_type(), node.overload());
  }

  Result<std::uint64_t> size_of_call(const onnx::NodeProto& node, int call_depth) {
    const auto at = functions_.find(key_of(node));
    if (at == functions_.end()) return std::uint64_t{0};
    Entry& entry = at->second;
    if (entry.in_progress) {
      return fail(ErrorCode::kInvalidArgument, "function '{}' calls itself", node.op_type());
    }
    if (call_depth >= limits_.call_depth) {
      return fail(ErrorCode::kInvalidArgument, "functions call each other deeper than {}",
                  limits_.call_depth);
    }
    if (!entry.size) {
      entry.in_progress = true;
      TEMPER_TRY(entry.size, size_of(entry.function->node(), call_depth + 1));
      entry.in_progress = false;
    }
    return *entry.size;
  }

  const GraphLimits& limits_;
  std::map<FunctionKey, Entry> functions_;
};

class GraphChecker {
 public:
  GraphChecker(const GraphLimits& limits, const FunctionSizes& functions, GraphSummary& summary)
      : limits_(limits), functions_(functions), summary_(summary) {}

  Status check_graph(const onnx::GraphProto& graph, const Scope* outer) {
    Scope scope{.values = {}, .outer = outer};
    for (const auto& input : graph.input()) {
      if (!scope.values.emplace(input.name(), true).second) return duplicate(input.name());
    }
    TEMPER_TRY_STATUS(add_constants(graph, scope));
    TEMPER_TRY_STATUS(check_nodes(graph.node(), scope));
    for (const auto& output : graph.output()) {
      if (!scope.find(output.name())) {
        return fail(ErrorCode::kInvalidArgument, "output '{}' is not defined in the graph",
                    output.name());
      }
    }
    return {};
  }

  Status check_function(const onnx::FunctionProto& function) {
    Scope scope;
    for (const auto& input : function.input()) {
      if (!scope.values.emplace(input, true).second) return duplicate(input);
    }
    TEMPER_TRY_STATUS(check_nodes(function.node(), scope));
    for (const auto& output : function.output()) {
      if (!scope.find(output)) {
        return fail(ErrorCode::kInvalidArgument, "output '{}' is not defined in the function",
                    output);
      }
    }
    return {};
  }

 private:
  static Status duplicate(std::string_view name) {
    return fail(ErrorCode::kInvalidArgument, "value '{}' is defined more than once", name);
  }

  Status add_bytes(std::uint64_t bytes) {
    summary_.initializer_bytes += bytes;
    if (bytes > limits_.constant_bytes || summary_.initializer_bytes > limits_.constant_bytes) {
      return fail(ErrorCode::kInvalidArgument, "the constants take more than {} bytes",
                  limits_.constant_bytes);
    }
    return {};
  }

  Status add_constants(const onnx::GraphProto& graph, Scope& scope) {
    std::unordered_set<std::string_view> names;
    const auto add = [&](std::string_view name) -> Status {
      if (name.empty()) {
        return fail(ErrorCode::kInvalidArgument, "an initializer has no name");
      }
      if (!names.insert(name).second) return duplicate(name);
      // One that is an input too is that input's default, and a caller may replace it.
      scope.values.emplace(name, false);
      return {};
    };
    for (const auto& tensor : graph.initializer()) {
      TEMPER_TRY(const std::uint64_t bytes, stored_tensor_bytes(tensor, "initializer"));
      TEMPER_TRY_STATUS(add_bytes(bytes));
      TEMPER_TRY_STATUS(add(tensor.name()));
    }
    for (const auto& tensor : graph.sparse_initializer()) {
      TEMPER_TRY(const std::uint64_t bytes, stored_tensor_bytes(tensor, "sparse initializer"));
      TEMPER_TRY_STATUS(add_bytes(bytes));
      TEMPER_TRY_STATUS(add(tensor.values().name()));
    }
    return {};
  }

  Status check_attributes(const onnx::NodeProto& node) {
    for (const auto& attribute : node.attribute()) {
      const std::string what =
          fmt::format("{}, attribute '{}', tensor", node_text(node), attribute.name());
      std::vector<const onnx::TensorProto*> tensors;
      if (attribute.has_t()) tensors.push_back(&attribute.t());
      for (const auto& tensor : attribute.tensors()) tensors.push_back(&tensor);
      for (const auto* tensor : tensors) {
        TEMPER_TRY(const std::uint64_t bytes, stored_tensor_bytes(*tensor, what));
        TEMPER_TRY_STATUS(add_bytes(bytes));
      }
      std::vector<const onnx::SparseTensorProto*> sparse_tensors;
      if (attribute.has_sparse_tensor()) sparse_tensors.push_back(&attribute.sparse_tensor());
      for (const auto& tensor : attribute.sparse_tensors()) sparse_tensors.push_back(&tensor);
      for (const auto* tensor : sparse_tensors) {
        TEMPER_TRY(const std::uint64_t bytes, stored_tensor_bytes(*tensor, what));
        TEMPER_TRY_STATUS(add_bytes(bytes));
      }
    }
    return {};
  }

  /// For each node, the nodes whose outputs it takes. Errors: a name nobody defines.
  static Result<std::vector<std::vector<int>>> find_producers(const Nodes& nodes,
                                                              const Scope& scope) {
    std::unordered_map<std::string_view, int> producers;
    for (int k = 0; k < nodes.size(); ++k) {
      for (const std::string& output : nodes[k].output()) {
        if (output.empty()) continue;
        if (scope.values.contains(output) || !producers.emplace(output, k).second) {
          return std::unexpected(duplicate(output).error());
        }
      }
    }
    std::vector<std::vector<int>> takes_from(static_cast<std::size_t>(nodes.size()));
    for (int k = 0; k < nodes.size(); ++k) {
      std::unordered_set<std::string_view> used(nodes[k].input().begin(), nodes[k].input().end());
      for (const auto* subgraph : subgraphs_of(nodes[k])) collect_outer_names(*subgraph, used);
      used.erase(std::string_view());
      for (const std::string_view name : used) {
        if (const auto at = producers.find(name); at != producers.end()) {
          takes_from[static_cast<std::size_t>(k)].push_back(at->second);
        } else if (!scope.find(name)) {
          return fail(ErrorCode::kInvalidArgument, "{} takes '{}', which nothing defines",
                      node_text(nodes[k]), name);
        }
      }
    }
    return takes_from;
  }

  /// An order in which each node comes after those it takes from (Kahn 1962). Errors: a cycle.
  static Result<std::vector<int>> sort(const Nodes& nodes, const Scope& scope) {
    TEMPER_TRY(const auto takes_from, find_producers(nodes, scope));
    std::vector<std::size_t> waiting_for(takes_from.size());
    std::vector<std::vector<int>> gives_to(takes_from.size());
    std::vector<int> order;
    order.reserve(takes_from.size());
    for (std::size_t k = 0; k < takes_from.size(); ++k) {
      waiting_for[k] = takes_from[k].size();
      for (const int producer : takes_from[k]) {
        gives_to[static_cast<std::size_t>(producer)].push_back(static_cast<int>(k));
      }
      if (waiting_for[k] == 0) order.push_back(static_cast<int>(k));
    }
    for (std::size_t at = 0; at < order.size(); ++at) {
      for (const int taker : gives_to[static_cast<std::size_t>(order[at])]) {
        if (--waiting_for[static_cast<std::size_t>(taker)] == 0) order.push_back(taker);
      }
    }
    if (order.size() == takes_from.size()) return order;
    const auto stuck = std::find_if(waiting_for.begin(), waiting_for.end(),
                                    [](std::size_t count) { return count > 0; });
    const auto& node = nodes[static_cast<int>(stuck - waiting_for.begin())];
    return fail(ErrorCode::kInvalidArgument, "the graph has a cycle, at or before {}",
                node_text(node));
  }

  Status check_nodes(const Nodes& nodes, Scope& scope) {
    TEMPER_TRY(const std::vector<int> order, sort(nodes, scope));
    for (const int index : order) {
      const onnx::NodeProto& node = nodes[index];
      if (node.op_type().empty()) {
        return fail(ErrorCode::kInvalidArgument, "a node has no operator: {}", node_text(node));
      }
      TEMPER_TRY_STATUS(check_attributes(node));
      const bool depends = note_operator(node, scope);
      for (const auto* subgraph : subgraphs_of(node)) {
        auto status = check_graph(*subgraph, &scope);
        if (!status) return with_context(status.error(), "subgraph of " + node_text(node));
      }
      for (const std::string& output : node.output()) {
        if (!output.empty()) scope.values.emplace(output, depends);
      }
    }
    return {};
  }

  /// Records the operator; gives whether the node's outputs depend on a caller's values.
  bool note_operator(const onnx::NodeProto& node, const Scope& scope) {
    const auto inputs = std::make_unique<bool[]>(static_cast<std::size_t>(node.input_size()));
    bool any = false;
    for (int k = 0; k < node.input_size(); ++k) {
      const bool depends = scope.find(node.input(k)).value_or(false);
      inputs[static_cast<std::size_t>(k)] = depends;
      any = any || depends;
    }
    const std::string_view domain = normal_domain(node.domain());
    const std::span<const bool> input_depends(inputs.get(),
                                              static_cast<std::size_t>(node.input_size()));
    if (functions_.contains(node)) return any;
    summary_.operators.insert(operator_name(node));
    if (summary_.value_dependent_operator.empty() &&
        depends_on_values(domain, node.op_type(), input_depends)) {
      summary_.value_dependent_operator = operator_name(node);
    }
    // A shape is known before the values are. What a subgraph gives may depend on anything it sees.
    const bool only_shape =
        domain.empty() && (node.op_type() == "Shape" || node.op_type() == "Size");
    return !subgraphs_of(node).empty() || (any && !only_shape);
  }

  const GraphLimits& limits_;
  const FunctionSizes& functions_;
  GraphSummary& summary_;
};

}  // namespace

Status check_graphs(const onnx::ModelProto& model, const GraphLimits& limits,
                    GraphSummary& summary) {
  TEMPER_TRY_STATUS(check_depth(model.graph().node(), 0, limits.depth));
  for (const auto& function : model.functions()) {
    TEMPER_TRY_STATUS(check_depth(function.node(), 0, limits.depth));
  }
  FunctionSizes functions(model, limits);
  TEMPER_TRY(summary.node_count, functions.size_of(model.graph().node()));
  GraphChecker checker(limits, functions, summary);
  for (const auto& function : model.functions()) {
    // Counted too when nothing calls it, since an engine reads it all the same.
    TEMPER_TRY_STATUS(functions.size_of(function.node()));
    auto status = checker.check_function(function);
    if (!status) return with_context(status.error(), "function '" + function.name() + "'");
  }
  return checker.check_graph(model.graph(), nullptr);
}

}  // namespace temper::onnx_graph
