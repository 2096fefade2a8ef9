#include "temper/model/onnx/tree_ensemble.h"

#include <algorithm>
#include <cmath>

namespace temper::onnx_graph {
namespace {

Status check_split(const TreeNode& node, std::size_t index, std::size_t node_count,
                   std::size_t feature_count) {
  if (node.feature < 0 || static_cast<std::size_t>(node.feature) >= feature_count) {
    return fail(ErrorCode::kInvalidArgument, "node {} splits on feature {} of {}", index,
                node.feature, feature_count);
  }
  if (std::isnan(node.threshold)) {
    return fail(ErrorCode::kInvalidArgument, "node {} has no threshold", index);
  }
  for (const std::int32_t child : {node.below, node.not_below}) {
    if (child < 0 || static_cast<std::size_t>(child) <= index ||
        static_cast<std::size_t>(child) >= node_count) {
      return fail(ErrorCode::kInvalidArgument, "node {} of {} has the child {}", index, node_count,
                  child);
    }
  }
  return {};
}

Status check_tree(const Tree& tree, std::size_t feature_count) {
  if (tree.nodes.empty()) return fail(ErrorCode::kInvalidArgument, "it has no nodes");
  std::vector<int> parents(tree.nodes.size(), 0);
  parents[0] = 1;
  for (std::size_t index = 0; index < tree.nodes.size(); ++index) {
    const TreeNode& node = tree.nodes[index];
    if (node.is_leaf()) {
      if (!std::isfinite(node.leaf_value)) {
        return fail(ErrorCode::kInvalidArgument, "leaf {} has the value {}", index,
                    node.leaf_value);
      }
      continue;
    }
    TEMPER_TRY_STATUS(check_split(node, index, tree.nodes.size(), feature_count));
    ++parents[static_cast<std::size_t>(node.below)];
    ++parents[static_cast<std::size_t>(node.not_below)];
  }
  const auto odd = std::find_if(parents.begin(), parents.end(), [](int n) { return n != 1; });
  if (odd != parents.end()) {
    return fail(ErrorCode::kInvalidArgument, "node {} is reached {} times", odd - parents.begin(),
                *odd);
  }
  return {};
}

float leaf_of(const Tree& tree, std::span<const float> row) {
  const TreeNode* node = tree.nodes.data();
  while (!node->is_leaf()) {
    const float value = row[static_cast<std::size_t>(node->feature)];
    const bool below = std::isnan(value) ? node->missing_below : value < node->threshold;
    node = &tree.nodes[static_cast<std::size_t>(below ? node->below : node->not_below)];
  }
  return node->leaf_value;
}

}  // namespace

std::string_view link_name(Link link) {
  switch (link) {
    case Link::kIdentity:
      return "identity";
    case Link::kLogistic:
      return "logistic";
    case Link::kSoftmax:
      return "softmax";
    case Link::kExponential:
      return "exponential";
  }
  return "unknown";
}

Status TreeEnsemble::validate() const {
  if (base_margins.empty()) return fail(ErrorCode::kInvalidArgument, "the ensemble has no targets");
  for (const float base : base_margins) {
    if (!std::isfinite(base)) {
      return fail(ErrorCode::kInvalidArgument, "a base margin is {}", base);
    }
  }
  for (std::size_t index = 0; index < trees.size(); ++index) {
    if (trees[index].target >= target_count()) {
      return fail(ErrorCode::kInvalidArgument, "tree {} adds to target {} of {}", index,
                  trees[index].target, target_count());
    }
    if (auto status = check_tree(trees[index], feature_count); !status) {
      return with_context(std::move(status).error(), fmt::format("tree {}", index));
    }
  }
  return {};
}

void TreeEnsemble::margins(std::span<const float> row, std::span<float> margins) const {
  std::copy(base_margins.begin(), base_margins.end(), margins.begin());
  for (const Tree& tree : trees) margins[tree.target] += leaf_of(tree, row);
}

}  // namespace temper::onnx_graph
