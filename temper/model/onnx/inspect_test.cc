#include "temper/model/onnx/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx.pb.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "temper/core/file.h"

namespace temper::onnx_graph {
namespace {

using ::testing::HasSubstr;

onnx::NodeProto* add_node(onnx::GraphProto* graph, const std::string& op_type,
                          const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs) {
  onnx::NodeProto* node = graph->add_node();
  node->set_op_type(op_type);
  for (const auto& name : inputs) node->add_input(name);
  for (const auto& name : outputs) node->add_output(name);
  return node;
}

void add_value(onnx::ValueInfoProto* value, const std::string& name) {
  value->set_name(name);
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  tensor->mutable_shape()->add_dim()->set_dim_param("N");
}

/// y = Relu(x + w), w = [1, 2].
onnx::ModelProto good_model() {
  onnx::ModelProto model;
  model.set_ir_version(9);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto* graph = model.mutable_graph();
  graph->set_name("g");
  add_value(graph->add_input(), "x");
  add_value(graph->add_output(), "y");
  onnx::TensorProto* weights = graph->add_initializer();
  weights->set_name("w");
  weights->set_data_type(onnx::TensorProto::FLOAT);
  weights->add_dims(2);
  weights->add_float_data(1);
  weights->add_float_data(2);
  add_node(graph, "Add", {"x", "w"}, {"sum"});
  add_node(graph, "Relu", {"sum"}, {"y"});
  return model;
}

Result<GraphSummary> inspected(const onnx::ModelProto& model) {
  return inspect_bytes(model.SerializeAsString());
}

std::string refusal(std::string_view bytes) {
  const auto summary = inspect_bytes(bytes);
  if (summary) return "accepted";
  EXPECT_EQ(summary.error().code, ErrorCode::kInvalidArgument);
  return summary.error().message;
}

std::string refusal(const onnx::ModelProto& model) { return refusal(model.SerializeAsString()); }

TEST(InspectTest, SummarisesAGoodModel) {
  onnx::ModelProto model = good_model();
  auto* entry = model.add_metadata_props();
  entry->set_key("author");
  entry->set_value("me");
  const auto summary = inspected(model);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->ir_version, 9);
  EXPECT_EQ(summary->opsets, (std::map<std::string, std::int64_t>{{"", 17}}));
  EXPECT_EQ(summary->operators, (std::set<std::string>{"Add", "Relu"}));
  EXPECT_EQ(summary->node_count, 2U);
  EXPECT_EQ(summary->initializer_bytes, 8U);
  EXPECT_EQ(summary->value_dependent_operator, "");
  EXPECT_EQ(summary->metadata.at("author"), "me");
}

TEST(InspectTest, ReadsAFileAndNamesItInErrors) {
  auto folder = TemporaryFolder::create("inspect");
  ASSERT_TRUE(folder.has_value());
  const auto path = folder->path() / "m.onnx";
  std::ofstream(path, std::ios::binary) << good_model().SerializeAsString();
  EXPECT_TRUE(inspect(path).has_value());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "";
  EXPECT_EQ(inspect(path).error().message, "m.onnx: the file is empty");
  EXPECT_EQ(inspect(folder->path() / "none.onnx").error().code, ErrorCode::kNotFound);
}

TEST(InspectTest, RefusesAFileOverTwoGigabytesWithoutReadingIt) {
  auto folder = TemporaryFolder::create("inspect");
  ASSERT_TRUE(folder.has_value());
  const auto path = folder->path() / "huge.onnx";
  std::ofstream(path, std::ios::binary) << "x";
  std::filesystem::resize_file(path, std::uintmax_t{3} << 30);  // sparse: takes no room
  const auto summary = inspect(path);
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, ErrorCode::kInvalidArgument);
}

TEST(InspectTest, RefusesAnEmptyFile) { EXPECT_EQ(refusal(""), "the file is empty"); }

TEST(InspectTest, RefusesEveryTruncationOfAGoodModel) {
  const std::string bytes = good_model().SerializeAsString();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(inspect_bytes(std::string_view(bytes).substr(0, size)).has_value()) << size;
  }
}

TEST(InspectTest, SaysWhereATruncatedFileEnds) {
  const std::string bytes = good_model().SerializeAsString();
  EXPECT_THAT(refusal(std::string_view(bytes).substr(0, 40)), HasSubstr("truncated: the field at"));
}

TEST(InspectTest, RefusesRandomBytes) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 rng(seed);
    std::string bytes(1000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng());
    EXPECT_FALSE(inspect_bytes(bytes).has_value()) << "seed " << seed;
  }
}

TEST(InspectTest, RefusesAFieldThatClaimsTwoGigabytes) {
  // Field 7 (graph), length 2^31 - 1, and then nothing.
  EXPECT_EQ(refusal("\x3a\xff\xff\xff\xff\x07"),
            "truncated: the field at byte 0 needs 2147483647 bytes more, the file has 0");
}

TEST(InspectTest, RefusesATensorThatClaimsTwoGigabytes) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_initializer(0)->set_dims(0, std::int64_t{1} << 29);
  EXPECT_EQ(refusal(model),
            "initializer 'w': holds 2 elements, its dimensions [536870912] need 536870912");
}

TEST(InspectTest, RefusesUnknownVersions) {
  onnx::ModelProto model = good_model();
  model.mutable_opset_import(0)->set_version(99);
  EXPECT_THAT(refusal(model), HasSubstr("opset version 99"));
  model.mutable_opset_import(0)->set_version(0);
  EXPECT_THAT(refusal(model), HasSubstr("opset version 0"));
  model.clear_opset_import();
  EXPECT_THAT(refusal(model), HasSubstr("no opset version"));
  model = good_model();
  model.set_ir_version(77);
  EXPECT_THAT(refusal(model), HasSubstr("IR version 77 is unknown"));
}

TEST(InspectTest, RefusesAnOpsetGivenTwiceWithDifferentVersions) {
  onnx::ModelProto model = good_model();
  auto* again = model.add_opset_import();
  again->set_domain("ai.onnx");
  again->set_version(12);
  EXPECT_THAT(refusal(model), HasSubstr("given twice"));
}

TEST(InspectTest, RefusesACycle) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_node(0)->set_input(1, "y");
  EXPECT_THAT(refusal(model), HasSubstr("the graph has a cycle"));
}

TEST(InspectTest, RefusesACycleThroughASubgraph) {
  onnx::ModelProto model = good_model();
  onnx::GraphProto* graph = model.mutable_graph();
  onnx::NodeProto* branch = add_node(graph, "If", {"x"}, {"z"});
  auto* attribute = branch->add_attribute();
  attribute->set_name("then_branch");
  add_node(attribute->mutable_g(), "Neg", {"after"}, {"inner"});
  add_value(attribute->mutable_g()->add_output(), "inner");
  add_node(graph, "Neg", {"z"}, {"after"});
  EXPECT_THAT(refusal(model), HasSubstr("the graph has a cycle"));
}

TEST(InspectTest, AcceptsNodesInAnyOrder) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_node()->SwapElements(0, 1);
  EXPECT_TRUE(inspected(model).has_value());
}

TEST(InspectTest, RefusesExternalData) {
  onnx::ModelProto model = good_model();
  onnx::TensorProto* weights = model.mutable_graph()->mutable_initializer(0);
  weights->clear_float_data();
  weights->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = weights->add_external_data();
  entry->set_key("location");
  entry->set_value("/etc/passwd");
  EXPECT_THAT(refusal(model), HasSubstr("outside the file, in '/etc/passwd'"));
}

TEST(InspectTest, RefusesExternalDataInAConstantNode) {
  onnx::ModelProto model = good_model();
  onnx::NodeProto* node = add_node(model.mutable_graph(), "Constant", {}, {"c"});
  auto* attribute = node->add_attribute();
  attribute->set_name("value");
  attribute->mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  attribute->mutable_t()->set_data_location(onnx::TensorProto::EXTERNAL);
  EXPECT_THAT(refusal(model), HasSubstr("outside the file"));
}

TEST(InspectTest, RefusesAnInitializerOfTheWrongSize) {
  onnx::ModelProto model = good_model();
  onnx::TensorProto* weights = model.mutable_graph()->mutable_initializer(0);
  weights->add_float_data(3);
  EXPECT_THAT(refusal(model), HasSubstr("initializer 'w': holds 3 elements"));
  weights->clear_float_data();
  weights->set_raw_data("1234567");
  EXPECT_EQ(refusal(model), "initializer 'w': holds 7 bytes, its dimensions [2] need 8");
  weights->set_dims(0, -2);
  EXPECT_THAT(refusal(model), HasSubstr("negative dimension"));
}

TEST(InspectTest, RefusesAnUnknownElementType) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_initializer(0)->set_data_type(999);
  EXPECT_THAT(refusal(model), HasSubstr("unknown element type 999"));
}

TEST(InspectTest, RefusesASparseTensorThatUnfoldsToTooMuch) {
  onnx::ModelProto model = good_model();
  onnx::SparseTensorProto* sparse = model.mutable_graph()->add_sparse_initializer();
  sparse->mutable_values()->set_name("s");
  sparse->mutable_values()->set_data_type(onnx::TensorProto::FLOAT);
  sparse->mutable_values()->add_dims(0);
  sparse->mutable_indices()->set_data_type(onnx::TensorProto::INT64);
  sparse->mutable_indices()->add_dims(0);
  sparse->add_dims(std::int64_t{1} << 40);
  EXPECT_THAT(refusal(model), HasSubstr("the constants take more than"));
}

TEST(InspectTest, AcceptsPackedFourBitData) {
  onnx::ModelProto model = good_model();
  onnx::TensorProto* packed = model.mutable_graph()->add_initializer();
  packed->set_name("q");
  packed->set_data_type(onnx::TensorProto::INT4);
  packed->add_dims(3);
  packed->set_raw_data("ab");
  EXPECT_TRUE(inspected(model).has_value());
}

TEST(InspectTest, RefusesAnUndefinedInput) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_node(1)->set_input(0, "nowhere");
  EXPECT_EQ(refusal(model), "Relu node of 'y' takes 'nowhere', which nothing defines");
}

TEST(InspectTest, RefusesAnUndefinedOutput) {
  onnx::ModelProto model = good_model();
  model.mutable_graph()->mutable_output(0)->set_name("z");
  EXPECT_EQ(refusal(model), "output 'z' is not defined in the graph");
}

TEST(InspectTest, RefusesNamesDefinedTwice) {
  onnx::ModelProto model = good_model();
  add_node(model.mutable_graph(), "Neg", {"x"}, {"y"});
  EXPECT_EQ(refusal(model), "value 'y' is defined more than once");
  model = good_model();
  add_node(model.mutable_graph(), "Neg", {"x"}, {"w"});
  EXPECT_EQ(refusal(model), "value 'w' is defined more than once");
  model = good_model();
  add_value(model.mutable_graph()->add_input(), "x");
  EXPECT_EQ(refusal(model), "value 'x' is defined more than once");
}

TEST(InspectTest, AcceptsAnInitializerAsAnInputsDefault) {
  onnx::ModelProto model = good_model();
  add_value(model.mutable_graph()->add_input(), "w");
  EXPECT_TRUE(inspected(model).has_value());
}

TEST(InspectTest, RefusesAModelWithoutAGraph) {
  onnx::ModelProto model = good_model();
  model.clear_graph();
  EXPECT_EQ(refusal(model), "the model has no graph");
  model = good_model();
  model.mutable_graph()->clear_output();
  EXPECT_EQ(refusal(model), "the graph has no outputs");
}

TEST(InspectTest, RefusesSubgraphsNestedTooDeep) {
  onnx::ModelProto model = good_model();
  onnx::GraphProto* graph = model.mutable_graph();
  for (int depth = 0; depth < 30; ++depth) {
    onnx::NodeProto* node = add_node(graph, "If", {"x"}, {"v" + std::to_string(depth)});
    auto* attribute = node->add_attribute();
    attribute->set_name("then_branch");
    graph = attribute->mutable_g();
  }
  EXPECT_THAT(refusal(model), HasSubstr("nested deeper than 16"));
}

onnx::FunctionProto* add_function(onnx::ModelProto& model, const std::string& name) {
  onnx::FunctionProto* function = model.add_functions();
  function->set_name(name);
  function->set_domain("mine");
  function->add_input("a");
  function->add_output("b");
  return function;
}

void add_call(onnx::FunctionProto* function, const std::string& callee, const std::string& input,
              const std::string& output) {
  onnx::NodeProto* node = function->add_node();
  node->set_op_type(callee);
  if (callee != "Neg") node->set_domain("mine");
  node->add_input(input);
  node->add_output(output);
}

TEST(InspectTest, LooksIntoFunctions) {
  onnx::ModelProto model = good_model();
  add_call(add_function(model, "f"), "Neg", "a", "b");
  add_node(model.mutable_graph(), "f", {"x"}, {"fx"})->set_domain("mine");
  const auto summary = inspected(model);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->operators, (std::set<std::string>{"Add", "Neg", "Relu"}));
  EXPECT_EQ(summary->node_count, 4U);
}

TEST(InspectTest, RefusesAFunctionThatCallsItself) {
  onnx::ModelProto model = good_model();
  add_call(add_function(model, "f"), "g", "a", "b");
  add_call(add_function(model, "g"), "f", "a", "b");
  EXPECT_THAT(refusal(model), HasSubstr("calls itself"));
}

TEST(InspectTest, RefusesFunctionsThatUnfoldToMillionsOfNodes) {
  onnx::ModelProto model = good_model();
  add_call(add_function(model, "f0"), "Neg", "a", "b");
  for (int k = 1; k < 40; ++k) {
    onnx::FunctionProto* function = add_function(model, "f" + std::to_string(k));
    add_call(function, "f" + std::to_string(k - 1), "a", "half");
    add_call(function, "f" + std::to_string(k - 1), "half", "b");
  }
  EXPECT_EQ(refusal(model), "the graph has more than 1000000 nodes");
}

TEST(InspectTest, RefusesAnUndefinedNameInAFunction) {
  onnx::ModelProto model = good_model();
  add_call(add_function(model, "f"), "Neg", "x", "b");
  EXPECT_EQ(refusal(model), "function 'f': Neg node of 'b' takes 'x', which nothing defines");
}

TEST(InspectTest, RefusesTheBrokenFilesOfTheCorpusAndAcceptsTheGoodOnes) {
  const char* root = std::getenv("TEMPER_SOURCE_DIR");
  const auto corpus =
      std::filesystem::path(root == nullptr ? "." : root) / "tests/fuzz/corpus/onnx_inspect";
  int broken = 0;
  int good = 0;
  std::set<std::string> reasons;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const std::string name = entry.path().filename().string();
    const auto summary = inspect(entry.path());
    if (name.starts_with("broken_")) {
      ++broken;
      ASSERT_FALSE(summary.has_value()) << name;
      EXPECT_EQ(summary.error().code, ErrorCode::kInvalidArgument) << name;
      reasons.insert(summary.error().message.substr(summary.error().message.find(": ")));
    } else if (name.starts_with("good_")) {
      ++good;
      EXPECT_TRUE(summary.has_value()) << name << ": " << summary.error().message;
    }
  }
  EXPECT_GE(broken, 15);
  EXPECT_GE(good, 5);
  EXPECT_EQ(reasons.size(), static_cast<std::size_t>(broken)) << "each says something of its own";
}

TEST(ValueDependenceTest, AnExpandToACallersShapeDepends) {
  onnx::ModelProto model = good_model();
  add_value(model.mutable_graph()->add_input(), "shape");
  add_node(model.mutable_graph(), "Expand", {"x", "shape"}, {"big"});
  EXPECT_EQ(inspected(model)->value_dependent_operator, "Expand");
}

TEST(ValueDependenceTest, AnExpandToAConstantOrToAnothersShapeDoesNot) {
  onnx::ModelProto model = good_model();
  add_node(model.mutable_graph(), "Shape", {"x"}, {"shape"});
  add_node(model.mutable_graph(), "Expand", {"w", "shape"}, {"e1"});
  add_node(model.mutable_graph(), "Expand", {"x", "w"}, {"e2"});
  EXPECT_EQ(inspected(model)->value_dependent_operator, "");
}

TEST(ValueDependenceTest, ADefaultThatACallerMayReplaceDepends) {
  onnx::ModelProto model = good_model();
  add_value(model.mutable_graph()->add_input(), "w");
  add_node(model.mutable_graph(), "Tile", {"x", "w"}, {"big"});
  EXPECT_EQ(inspected(model)->value_dependent_operator, "Tile");
}

TEST(ValueDependenceTest, ALoopInASubgraphDepends) {
  onnx::ModelProto model = good_model();
  onnx::NodeProto* branch = add_node(model.mutable_graph(), "If", {"x"}, {"z"});
  auto* attribute = branch->add_attribute();
  attribute->set_name("then_branch");
  add_node(attribute->mutable_g(), "Loop", {"w", "", "x"}, {"inner"});
  add_value(attribute->mutable_g()->add_output(), "inner");
  const auto summary = inspected(model);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_EQ(summary->value_dependent_operator, "Loop");
}

}  // namespace
}  // namespace temper::onnx_graph
