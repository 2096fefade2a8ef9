#include "temper/renew/trainers/xgboost/model_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace temper::renew::xgboost {
namespace {

using nlohmann::json;
using onnx_graph::Link;
using onnx_graph::Tree;
using onnx_graph::TreeEnsemble;
using onnx_graph::TreeNode;

constexpr int kMostFeatures = 1 << 24;
constexpr int kMostClasses = 1 << 16;

constexpr std::array<std::pair<std::string_view, Link>, 11> kLinks{{
    {"binary:logistic", Link::kLogistic},
    {"reg:logistic", Link::kLogistic},
    {"multi:softprob", Link::kSoftmax},
    {"multi:softmax", Link::kSoftmax},
    {"reg:squarederror", Link::kIdentity},
    {"reg:squaredlogerror", Link::kIdentity},
    {"reg:absoluteerror", Link::kIdentity},
    {"reg:pseudohubererror", Link::kIdentity},
    {"count:poisson", Link::kExponential},
    {"reg:gamma", Link::kExponential},
    {"reg:tweedie", Link::kExponential},
}};

/// XGBoost writes its numbers as strings: "[5.07E-1]", "[1E0,2E0]" or "5E-1".
Result<std::vector<float>> parse_base_scores(const std::string& text) {
  std::vector<float> scores;
  const char* at = text.c_str();
  while (*at == '[' || *at == ',' || *at == ' ') ++at;
  while (*at != '\0' && *at != ']') {
    char* end = nullptr;
    scores.push_back(std::strtof(at, &end));
    if (end == at) return fail(ErrorCode::kInvalidArgument, "base_score is '{}'", text);
    at = end;
    while (*at == ',' || *at == ' ') ++at;
  }
  if (scores.empty()) return fail(ErrorCode::kInvalidArgument, "base_score is '{}'", text);
  return scores;
}

/// The base score is kept on the scale of predictions; margins start on the scale of the trees.
/// Computed in float32 by XGBoost's own formulas.
float base_margin(float score, Link link) {
  switch (link) {
    case Link::kLogistic:
      return -std::log(1.0F / score - 1.0F);
    case Link::kExponential:
      return std::log(score);
    case Link::kIdentity:
    case Link::kSoftmax:
      return score;
  }
  return score;
}

int integer_text(const json& object, const char* name) {
  return std::stoi(object.at(name).get<std::string>());
}

TreeNode parse_node(const json& tree, std::size_t index) {
  TreeNode node;
  node.cover = tree.at("sum_hessian").at(index).get<float>();
  const float condition = tree.at("split_conditions").at(index).get<float>();
  if (tree.at("left_children").at(index).get<int>() < 0) {
    node.leaf_value = condition;
    return node;
  }
  node.feature = tree.at("split_indices").at(index).get<std::int32_t>();
  node.threshold = condition;
  const json& left = tree.at("default_left").at(index);
  node.missing_below = left.is_boolean() ? left.get<bool>() : left.get<int>() != 0;
  return node;
}

/// Nodes in breadth-first order, so that children follow parents and slots that pruning left behind
/// are gone.
Result<Tree> parse_tree(const json& document, std::size_t target) {
  if (document.at("tree_param").contains("size_leaf_vector") &&
      integer_text(document.at("tree_param"), "size_leaf_vector") > 1) {
    return fail(ErrorCode::kUnimplemented, "leaves that are vectors cannot be written to ONNX");
  }
  const std::size_t slots = document.at("left_children").size();
  Tree tree{.nodes = {}, .target = target};
  std::vector<std::size_t> slot_of = {0};
  for (std::size_t index = 0; index < slot_of.size(); ++index) {
    const std::size_t slot = slot_of[index];
    TreeNode node = parse_node(document, slot);
    if (!node.is_leaf()) {
      if (document.at("split_type").at(slot).get<int>() != 0) {
        return fail(ErrorCode::kUnimplemented,
                    "splits by sets of categories cannot be written to ONNX");
      }
      for (auto [child, name] : {std::pair(&node.below, "left_children"),
                                 std::pair(&node.not_below, "right_children")}) {
        const auto child_slot = document.at(name).at(slot).get<std::size_t>();
        if (child_slot >= slots || slot_of.size() >= slots) {
          return fail(ErrorCode::kInvalidArgument, "node {} has the child {} of {}", slot,
                      child_slot, slots);
        }
        *child = static_cast<std::int32_t>(slot_of.size());
        slot_of.push_back(child_slot);
      }
    }
    tree.nodes.push_back(node);
  }
  return tree;
}

Result<ParsedModel> parse_learner(const json& learner) {
  ParsedModel parsed;
  parsed.objective = learner.at("objective").at("name").get<std::string>();
  TreeEnsemble& ensemble = parsed.ensemble;
  TEMPER_TRY(ensemble.link, link_of(parsed.objective));
  const auto booster = learner.at("gradient_booster").at("name").get<std::string>();
  if (booster != "gbtree") {
    return fail(ErrorCode::kUnimplemented, "booster '{}'; only gbtree can be written to ONNX",
                booster);
  }
  const json& parameters = learner.at("learner_model_param");
  if (parameters.contains("num_target") && integer_text(parameters, "num_target") > 1) {
    return fail(ErrorCode::kUnimplemented, "several targets cannot be written to ONNX");
  }
  const int features = integer_text(parameters, "num_feature");
  const int classes = integer_text(parameters, "num_class");
  if (features < 1 || features > kMostFeatures || classes < 0 || classes > kMostClasses) {
    return fail(ErrorCode::kInvalidArgument, "{} features and {} classes", features, classes);
  }
  ensemble.feature_count = static_cast<std::size_t>(features);
  const auto targets = static_cast<std::size_t>(std::max(classes, 1));
  TEMPER_TRY(auto scores, parse_base_scores(parameters.at("base_score").get<std::string>()));
  if (scores.size() != targets && scores.size() != 1) {
    return fail(ErrorCode::kInvalidArgument, "{} base scores for {} targets", scores.size(),
                targets);
  }
  scores.resize(targets, scores[0]);
  for (const float score : scores) {
    ensemble.base_margins.push_back(base_margin(score, ensemble.link));
  }
  const json& model = learner.at("gradient_booster").at("model");
  const json& trees = model.at("trees");
  for (std::size_t index = 0; index < trees.size(); ++index) {
    auto tree = parse_tree(trees.at(index), model.at("tree_info").at(index).get<std::size_t>());
    if (!tree) return with_context(std::move(tree).error(), fmt::format("tree {}", index));
    ensemble.trees.push_back(std::move(*tree));
  }
  TEMPER_TRY_STATUS(ensemble.validate());
  return parsed;
}

}  // namespace

Result<Link> link_of(std::string_view objective) {
  std::string known;
  for (const auto& [name, link] : kLinks) {
    if (name == objective) return link;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  }
  return fail(ErrorCode::kUnimplemented, "objective '{}'; known are {}", objective, known);
}

Result<ParsedModel> parse_model_json(std::string_view text) {
  try {
    return parse_learner(json::parse(text).at("learner"));
  } catch (const std::exception& error) {  // of the JSON library, and of std::stoi
    return fail(ErrorCode::kInvalidArgument, "not an XGBoost model document: {}", error.what());
  }
}

}  // namespace temper::renew::xgboost
