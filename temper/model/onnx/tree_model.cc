#include "temper/model/onnx/tree_model.h"

#include <onnx.pb.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include "temper/core/log.h"

namespace temper::onnx_graph {
namespace {

constexpr std::int64_t kIrVersion = 8;
constexpr std::int64_t kOpset = 17;
constexpr std::int64_t kMlOpset = 3;
constexpr const char* kMlDomain = "ai.onnx.ml";

// --- checks -------------------------------------------------------------------------------------

Status check_features(const TreeModel& model) {
  if (model.features.empty() || model.features.size() != model.ensemble.feature_count) {
    return fail(ErrorCode::kInvalidArgument, "the ensemble has {} features, {} are described",
                model.ensemble.feature_count, model.features.size());
  }
  std::set<std::string_view> names = {kLabelOutput, kProbabilityOutput, kPredictionOutput,
                                      kMarginOutput};
  for (const TreeFeature& feature : model.features) {
    if (feature.name.empty() || !names.insert(feature.name).second) {
      return fail(ErrorCode::kInvalidArgument,
                  "a feature cannot be called '{}': names are not empty, not repeated, and not "
                  "those of outputs",
                  feature.name);
    }
    const bool categorical = feature.kind == TreeFeature::Kind::kCategorical;
    const std::set<std::string> distinct(feature.categories.begin(), feature.categories.end());
    if (categorical == feature.categories.empty() || distinct.size() != feature.categories.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  "feature '{}' has {} categories, {} of them distinct", feature.name,
                  feature.categories.size(), distinct.size());
    }
  }
  return {};
}

Status check_task(const TreeModel& model) {
  const std::size_t targets = model.ensemble.target_count();
  const std::size_t classes = model.classes.size();
  const Link link = model.ensemble.link;
  if (!model.class_values.empty() && model.class_values.size() != classes) {
    return fail(ErrorCode::kInvalidArgument, "{} classes have {} values", classes,
                model.class_values.size());
  }
  if (classes == 0) {
    if (targets == 1 && link != Link::kSoftmax) return {};
    return fail(ErrorCode::kInvalidArgument, "regression with {} targets and the link {}", targets,
                link_name(link));
  }
  const bool binary = classes == 2 && targets == 1 && link == Link::kLogistic;
  const bool multiclass = classes >= 2 && targets == classes && link == Link::kSoftmax;
  if (binary || multiclass) return {};
  return fail(ErrorCode::kInvalidArgument,
              "classification of {} classes with {} targets and the link {}", classes, targets,
              link_name(link));
}

// --- graph --------------------------------------------------------------------------------------

/// A graph under construction. Values are named by the node that makes them.
class GraphBuilder {
 public:
  explicit GraphBuilder(onnx::GraphProto& graph) : graph_(graph) {}

  void input(const std::string& name, onnx::TensorProto::DataType type,
             std::initializer_list<std::int64_t> fixed) {
    describe(*graph_.add_input(), name, type, fixed);
  }
  void output(const std::string& name, onnx::TensorProto::DataType type,
              std::initializer_list<std::int64_t> fixed) {
    describe(*graph_.add_output(), name, type, fixed);
  }

  onnx::NodeProto& node(const char* op, std::initializer_list<std::string> inputs,
                        const std::string& output, const char* domain = "") {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(output);
    node.set_domain(domain);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string constant(const std::string& name, std::span<const float> values,
                       std::initializer_list<std::int64_t> shape) {
    onnx::TensorProto& tensor = initializer(name, onnx::TensorProto::FLOAT, shape);
    tensor.mutable_float_data()->Add(values.begin(), values.end());
    return name;
  }
  std::string constant(const std::string& name, std::span<const std::int64_t> values,
                       std::initializer_list<std::int64_t> shape) {
    onnx::TensorProto& tensor = initializer(name, onnx::TensorProto::INT64, shape);
    tensor.mutable_int64_data()->Add(values.begin(), values.end());
    return name;
  }

 private:
  onnx::TensorProto& initializer(const std::string& name, onnx::TensorProto::DataType type,
                                 std::initializer_list<std::int64_t> shape) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : shape) tensor.add_dims(size);
    return tensor;
  }

  /// Rows are free ("N"), the rest is fixed.
  static void describe(onnx::ValueInfoProto& value, const std::string& name,
                       onnx::TensorProto::DataType type,
                       std::initializer_list<std::int64_t> fixed) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    tensor.mutable_shape()->add_dim()->set_dim_param("N");
    for (const std::int64_t size : fixed) tensor.mutable_shape()->add_dim()->set_dim_value(size);
  }

  onnx::GraphProto& graph_;
};

onnx::AttributeProto& attribute(onnx::NodeProto& node, const char* name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void set_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
void set_float(onnx::NodeProto& node, const char* name, float value) {
  attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}
void set_string(onnx::NodeProto& node, const char* name, const std::string& value) {
  attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

/// Adds the inputs and their encoders; gives the value [N, features].
std::string build_features(GraphBuilder& graph, const std::vector<TreeFeature>& features) {
  std::vector<std::string> columns;
  for (const TreeFeature& feature : features) {
    if (feature.kind == TreeFeature::Kind::kNumeric) {
      graph.input(feature.name, onnx::TensorProto::FLOAT, {1});
      columns.push_back(feature.name);
      continue;
    }
    graph.input(feature.name, onnx::TensorProto::STRING, {1});
    const std::string encoded = feature.name + "/index";
    onnx::NodeProto& encoder = graph.node("LabelEncoder", {feature.name}, encoded, kMlDomain);
    auto& keys = attribute(encoder, "keys_strings", onnx::AttributeProto::STRINGS);
    auto& values = attribute(encoder, "values_floats", onnx::AttributeProto::FLOATS);
    for (std::size_t index = 0; index < feature.categories.size(); ++index) {
      keys.add_strings(feature.categories[index]);
      values.add_floats(static_cast<float>(index));
    }
    set_float(encoder, "default_float", std::numeric_limits<float>::quiet_NaN());
    columns.push_back(encoded);
  }
  if (columns.size() == 1) return columns[0];
  onnx::NodeProto& concat = graph.node("Concat", {}, "/features");
  for (const std::string& column : columns) concat.add_input(column);
  set_int(concat, "axis", 1);
  return "/features";
}

/// The trees with each target's base margin moved into the leaves of its first tree: adding it
/// first is what the trainer does, and the sum then has the trainer's order. A target without trees
/// gets one of a single leaf.
std::vector<Tree> trees_with_base(const TreeEnsemble& ensemble) {
  std::vector<Tree> trees = ensemble.trees;
  for (std::size_t target = 0; target < ensemble.target_count(); ++target) {
    auto first = std::find_if(trees.begin(), trees.end(),
                              [target](const Tree& tree) { return tree.target == target; });
    if (first == trees.end()) {
      first = trees.insert(first, Tree{.nodes = {TreeNode{}}, .target = target});
    }
    for (TreeNode& node : first->nodes) {
      if (node.is_leaf()) node.leaf_value = ensemble.base_margins[target] + node.leaf_value;
    }
  }
  return trees;
}

/// Columns of a TreeEnsembleRegressor's attributes, filled node by node.
class TreeAttributes {
 public:
  explicit TreeAttributes(onnx::NodeProto& node) {
    using Attribute = onnx::AttributeProto;
    const auto ints = [&node](const char* name) {
      return attribute(node, name, Attribute::INTS).mutable_ints();
    };
    const auto floats = [&node](const char* name) {
      return attribute(node, name, Attribute::FLOATS).mutable_floats();
    };
    tree_ids_ = ints("nodes_treeids");
    node_ids_ = ints("nodes_nodeids");
    features_ = ints("nodes_featureids");
    thresholds_ = floats("nodes_values");
    covers_ = floats("nodes_hitrates");
    true_ids_ = ints("nodes_truenodeids");
    false_ids_ = ints("nodes_falsenodeids");
    missing_true_ = ints("nodes_missing_value_tracks_true");
    target_trees_ = ints("target_treeids");
    target_nodes_ = ints("target_nodeids");
    target_ids_ = ints("target_ids");
    weights_ = floats("target_weights");
    modes_ = attribute(node, "nodes_modes", Attribute::STRINGS).mutable_strings();
  }

  void add(std::int64_t tree_id, const Tree& tree) {
    for (std::size_t index = 0; index < tree.nodes.size(); ++index) {
      const TreeNode& node = tree.nodes[index];
      const auto node_id = static_cast<std::int64_t>(index);
      tree_ids_->Add(tree_id);
      node_ids_->Add(node_id);
      features_->Add(node.is_leaf() ? 0 : node.feature);
      thresholds_->Add(node.is_leaf() ? 0 : node.threshold);
      covers_->Add(node.cover);
      *modes_->Add() = node.is_leaf() ? "LEAF" : "BRANCH_LT";
      true_ids_->Add(node.is_leaf() ? 0 : node.below);
      false_ids_->Add(node.is_leaf() ? 0 : node.not_below);
      missing_true_->Add(!node.is_leaf() && node.missing_below ? 1 : 0);
      if (!node.is_leaf()) continue;
      target_trees_->Add(tree_id);
      target_nodes_->Add(node_id);
      target_ids_->Add(static_cast<std::int64_t>(tree.target));
      weights_->Add(node.leaf_value);
    }
  }

 private:
  using Ints = google::protobuf::RepeatedField<std::int64_t>*;
  using Floats = google::protobuf::RepeatedField<float>*;
  Ints tree_ids_, node_ids_, features_, true_ids_, false_ids_, missing_true_;
  Ints target_trees_, target_nodes_, target_ids_;
  Floats thresholds_, covers_, weights_;
  google::protobuf::RepeatedPtrField<std::string>* modes_;
};

void build_trees(GraphBuilder& graph, const TreeEnsemble& ensemble, const std::string& features,
                 const std::string& margins) {
  onnx::NodeProto& node = graph.node("TreeEnsembleRegressor", {features}, margins, kMlDomain);
  set_int(node, "n_targets", static_cast<std::int64_t>(ensemble.target_count()));
  set_string(node, "aggregate_function", "SUM");
  set_string(node, "post_transform", "NONE");
  const std::vector<Tree> trees = trees_with_base(ensemble);
  TreeAttributes attributes(node);
  for (std::size_t index = 0; index < trees.size(); ++index) {
    attributes.add(static_cast<std::int64_t>(index), trees[index]);
  }
}

/// Probabilities from margins, and the label from probabilities.
void build_classes(GraphBuilder& graph, const TreeModel& model, const std::string& margins) {
  const auto classes = static_cast<std::int64_t>(model.classes.size());
  if (model.ensemble.link == Link::kLogistic) {
    const std::vector<float> signs = {-1, 1};
    graph.node("Mul", {margins, graph.constant("/signs", signs, {1, 2})}, "/both");
    graph.node("Sigmoid", {"/both"}, kProbabilityOutput);
  } else {
    set_int(graph.node("Softmax", {margins}, kProbabilityOutput), "axis", 1);
  }
  const bool has_values = !model.class_values.empty();
  onnx::NodeProto& best =
      graph.node("ArgMax", {kProbabilityOutput}, has_values ? "/class" : kLabelOutput);
  set_int(best, "axis", 1);
  set_int(best, "keepdims", 0);
  if (has_values) {
    graph.node("Gather", {graph.constant("/class_values", model.class_values, {classes}), "/class"},
               kLabelOutput);
  }
  graph.output(kLabelOutput, onnx::TensorProto::INT64, {});
  graph.output(kProbabilityOutput, onnx::TensorProto::FLOAT, {classes});
}

void build_prediction(GraphBuilder& graph, Link link, const std::string& margins) {
  const char* op = link == Link::kLogistic      ? "Sigmoid"
                   : link == Link::kExponential ? "Exp"
                                                : "Identity";
  graph.node(op, {margins}, kPredictionOutput);
  graph.output(kPredictionOutput, onnx::TensorProto::FLOAT, {1});
}

// --- metadata -----------------------------------------------------------------------------------

std::string json_list(const std::vector<std::string>& texts) {
  std::string json;
  for (const std::string& text : texts) {
    json += (json.empty() ? "" : ",") + log::json_quote(text);
  }
  return "[" + json + "]";
}

std::string feature_map_json(const std::vector<TreeFeature>& features) {
  std::string json;
  for (const TreeFeature& feature : features) {
    const std::string name = log::json_quote(feature.name);
    const bool categorical = feature.kind == TreeFeature::Kind::kCategorical;
    json += fmt::format(R"({}{}:{{"input":{},"column":0,"kind":"{}"{}}})", json.empty() ? "" : ",",
                        name, name, categorical ? "categorical" : "numeric",
                        categorical ? ",\"categories\":" + json_list(feature.categories) : "");
  }
  return "{" + json + "}";
}

std::map<std::string, std::string> metadata_of(const TreeModel& model) {
  std::map<std::string, std::string> metadata = model.metadata;
  metadata["temper.feature_map"] = feature_map_json(model.features);
  if (model.classes.empty()) {
    metadata["temper.task"] = "regression";
    metadata["temper.label_output"] = kPredictionOutput;
    return metadata;
  }
  metadata["temper.task"] = "classification";
  metadata["temper.label_output"] = kLabelOutput;
  metadata["temper.probability_output"] = kProbabilityOutput;
  metadata["temper.classes"] = json_list(model.classes);
  if (model.classes.size() == 2) {
    metadata["temper.positive_class"] =
        model.class_values.empty() ? "1" : fmt::format("{}", model.class_values[1]);
  }
  return metadata;
}

}  // namespace

Result<std::string> write_tree_model(const TreeModel& model, bool with_margins) {
  TEMPER_TRY_STATUS(model.ensemble.validate());
  TEMPER_TRY_STATUS(check_features(model));
  TEMPER_TRY_STATUS(check_task(model));
  onnx::ModelProto proto;
  proto.set_ir_version(kIrVersion);
  proto.set_producer_name("temper");
  onnx::OperatorSetIdProto& core = *proto.add_opset_import();
  core.set_domain("");
  core.set_version(kOpset);
  onnx::OperatorSetIdProto& ml = *proto.add_opset_import();
  ml.set_domain(kMlDomain);
  ml.set_version(kMlOpset);
  proto.mutable_graph()->set_name("trees");
  GraphBuilder graph(*proto.mutable_graph());
  const std::string features = build_features(graph, model.features);
  build_trees(graph, model.ensemble, features, kMarginOutput);
  if (model.classes.empty()) {
    build_prediction(graph, model.ensemble.link, kMarginOutput);
  } else {
    build_classes(graph, model, kMarginOutput);
  }
  if (with_margins) {
    graph.output(kMarginOutput, onnx::TensorProto::FLOAT,
                 {static_cast<std::int64_t>(model.ensemble.target_count())});
  }
  for (const auto& [key, value] : metadata_of(model)) {
    onnx::StringStringEntryProto& entry = *proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  std::string bytes;
  if (!proto.SerializeToString(&bytes)) {
    return fail(ErrorCode::kResourceExhausted, "the model is larger than an ONNX file can be");
  }
  return bytes;
}

}  // namespace temper::onnx_graph
