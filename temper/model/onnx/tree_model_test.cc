#include "temper/model/onnx/tree_model.h"

#include <gtest/gtest.h>
#include <onnx.pb.h>

#include <fstream>

#include "temper/core/file.h"
#include "temper/model/onnx/inspect.h"

namespace temper::onnx_graph {
namespace {

TreeEnsemble stump(std::size_t targets, Link link) {
  TreeEnsemble ensemble{.feature_count = 2, .base_margins = {}, .trees = {}, .link = link};
  ensemble.base_margins.assign(targets, 0.25F);
  Tree tree;
  tree.nodes = {{.feature = 1, .threshold = 0.5F, .below = 1, .not_below = 2, .cover = 7},
                {.leaf_value = -1, .cover = 3},
                {.leaf_value = 1, .cover = 4}};
  ensemble.trees = {tree};
  return ensemble;
}

TreeModel binary_model() {
  return {.ensemble = stump(1, Link::kLogistic),
          .features = {{.name = "delay"},
                       {.name = "carrier \"x\"",
                        .kind = TreeFeature::Kind::kCategorical,
                        .categories = {"AA", "UA"}}},
          .classes = {"on time", "late"},
          .metadata = {{"temper.trained_by", "test"}}};
}

onnx::ModelProto parse(const std::string& bytes) {
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(bytes));
  return proto;
}

std::string metadata(const onnx::ModelProto& proto, std::string_view key) {
  for (const auto& entry : proto.metadata_props()) {
    if (entry.key() == key) return entry.value();
  }
  return "(none)";
}

TEST(TreeModelTest, GivesOneInputPerColumnAndTheTwoOutputsOfAClassifier) {
  const auto bytes = write_tree_model(binary_model());
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto proto = parse(*bytes);
  ASSERT_EQ(proto.graph().input_size(), 2);
  EXPECT_EQ(proto.graph().input(0).name(), "delay");
  EXPECT_EQ(proto.graph().input(0).type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
  EXPECT_EQ(proto.graph().input(1).type().tensor_type().elem_type(), onnx::TensorProto::STRING);
  ASSERT_EQ(proto.graph().output_size(), 2);
  EXPECT_EQ(proto.graph().output(0).name(), "label");
  EXPECT_EQ(proto.graph().output(1).name(), "probabilities");
}

TEST(TreeModelTest, RecordsRolesClassesAndFeatureMap) {
  const auto bytes = write_tree_model(binary_model());
  ASSERT_TRUE(bytes);
  const auto proto = parse(*bytes);
  EXPECT_EQ(metadata(proto, "temper.task"), "classification");
  EXPECT_EQ(metadata(proto, "temper.label_output"), "label");
  EXPECT_EQ(metadata(proto, "temper.probability_output"), "probabilities");
  EXPECT_EQ(metadata(proto, "temper.positive_class"), "1");
  EXPECT_EQ(metadata(proto, "temper.classes"), R"(["on time","late"])");
  EXPECT_EQ(metadata(proto, "temper.trained_by"), "test");
  EXPECT_EQ(metadata(proto, "temper.feature_map"),
            R"({"delay":{"input":"delay","column":0,"kind":"numeric"},)"
            R"("carrier \"x\"":{"input":"carrier \"x\"","column":0,"kind":"categorical",)"
            R"("categories":["AA","UA"]}})");
}

TEST(TreeModelTest, KeepsCoversAndPutsTheBaseIntoTheFirstTreesLeaves) {
  const auto bytes = write_tree_model(binary_model());
  ASSERT_TRUE(bytes);
  const auto proto = parse(*bytes);
  for (const auto& node : proto.graph().node()) {
    if (node.op_type() != "TreeEnsembleRegressor") continue;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "target_weights") {
        ASSERT_EQ(attribute.floats_size(), 2);
        EXPECT_EQ(attribute.floats(0), -0.75F);
        EXPECT_EQ(attribute.floats(1), 1.25F);
      }
      if (attribute.name() == "nodes_hitrates") {
        EXPECT_EQ(attribute.floats(0), 7);
      }
    }
    return;
  }
  FAIL() << "no TreeEnsembleRegressor";
}

TEST(TreeModelTest, WritesFilesThatInspectionAccepts) {
  const auto bytes = write_tree_model(binary_model(), true);
  ASSERT_TRUE(bytes);
  const auto folder = TemporaryFolder::create("temper-tree-model");
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "model.onnx";
  std::ofstream(file, std::ios::binary) << *bytes;
  const auto summary = inspect(file);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->value_dependent_operator, "");
  EXPECT_EQ(summary->metadata.at("temper.task"), "classification");
}

TEST(TreeModelTest, RefusesFeaturesThatCannotBeInputs) {
  const auto refused = [](auto change) {
    TreeModel model = binary_model();
    change(model);
    const auto bytes = write_tree_model(model);
    return !bytes && bytes.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](TreeModel& m) { m.features.pop_back(); }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[0].name = ""; }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[0].name = m.features[1].name; }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[0].name = "label"; }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[1].categories.clear(); }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[1].categories = {"a", "a"}; }));
  EXPECT_TRUE(refused([](TreeModel& m) { m.features[0].categories = {"a"}; }));
}

TEST(TreeModelTest, RefusesTasksThatDoNotFitTheMargins) {
  TreeModel model = binary_model();
  model.classes.push_back("third");
  EXPECT_FALSE(write_tree_model(model)) << "one margin, three classes";
  model = binary_model();
  model.class_values = {1};
  EXPECT_FALSE(write_tree_model(model)) << "one value for two classes";
  model = binary_model();
  model.ensemble = stump(2, Link::kIdentity);
  model.classes.clear();
  EXPECT_FALSE(write_tree_model(model)) << "regression of two targets";
  model.ensemble = stump(3, Link::kSoftmax);
  model.classes = {"a", "b", "c"};
  EXPECT_TRUE(write_tree_model(model));
}

}  // namespace
}  // namespace temper::onnx_graph
