// Gradient-boosted trees as plain data: what a trainer fills, and a graph or an explainer reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::onnx_graph {

/// A split sends a row to `below` when `row[feature] < threshold`, to `not_below` otherwise, and to
/// whichever `missing_below` says when the value is NaN. All in float32, as the trainer compares.
struct TreeNode {
  static constexpr std::int32_t kLeaf = -1;
  /// Index of a feature, or kLeaf.
  std::int32_t feature = kLeaf;
  float threshold = 0;
  /// Indices of nodes in the same tree, both larger than this node's own.
  std::int32_t below = 0;
  std::int32_t not_below = 0;
  bool missing_below = false;
  /// A leaf's contribution to its tree's margin.
  float leaf_value = 0;
  /// Weight of the training rows that reached the node (XGBoost: the sum of their hessians).
  float cover = 0;

  [[nodiscard]] bool is_leaf() const { return feature == kLeaf; }
  bool operator==(const TreeNode&) const = default;
};

struct Tree {
  /// Node 0 is the root.
  std::vector<TreeNode> nodes;
  /// The margin this tree adds to: a class, or 0.
  std::size_t target = 0;

  bool operator==(const Tree&) const = default;
};

/// How margins become the answer.
enum class Link : std::uint8_t { kIdentity, kLogistic, kSoftmax, kExponential };

/// "identity", "logistic", "softmax", "exponential".
[[nodiscard]] std::string_view link_name(Link link);

struct TreeEnsemble {
  std::size_t feature_count = 0;
  /// What each target's margin starts from; one entry per target.
  std::vector<float> base_margins;
  std::vector<Tree> trees;
  Link link = Link::kIdentity;

  [[nodiscard]] std::size_t target_count() const { return base_margins.size(); }

  /// Errors: kInvalidArgument naming tree and node: no targets, an index out of range, a child that
  /// does not come after its parent, a node reached twice or never, a value that is not finite.
  [[nodiscard]] Status validate() const;

  /// The margins of one row: from the base, trees added in order, in float32.
  /// `row` has feature_count values, NaN = missing; `margins` has target_count. Needs a valid
  /// ensemble. Cost: the depth of each tree.
  void margins(std::span<const float> row, std::span<float> margins) const;

  bool operator==(const TreeEnsemble&) const = default;
};

}  // namespace temper::onnx_graph
