// A tree ensemble as an ONNX model that takes a table's columns as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "temper/core/result.h"
#include "temper/model/onnx/tree_ensemble.h"

namespace temper::onnx_graph {

/// One feature of the ensemble and the input it comes from.
struct TreeFeature {
  enum class Kind : std::uint8_t {
    /// FP32 [N,1]; NaN = missing.
    kNumeric,
    /// BYTES [N,1]; the feature is the category's index, and missing for any other text.
    kCategorical,
  };
  /// Name of feature, input and column alike.
  std::string name;
  Kind kind = Kind::kNumeric;
  /// For kCategorical, distinct.
  std::vector<std::string> categories = {};

  bool operator==(const TreeFeature&) const = default;
};

struct TreeModel {
  TreeEnsemble ensemble;
  /// One per feature of the ensemble, in its order.
  std::vector<TreeFeature> features;
  /// Classification: the classes' names in the order of the probabilities; empty = regression.
  std::vector<std::string> classes = {};
  /// What output `label` says for each class; empty = the class's index.
  std::vector<std::int64_t> class_values = {};
  /// More metadata for the file, by key.
  std::map<std::string, std::string> metadata = {};
};

inline constexpr const char* kLabelOutput = "label";
inline constexpr const char* kProbabilityOutput = "probabilities";
inline constexpr const char* kPredictionOutput = "prediction";
inline constexpr const char* kMarginOutput = "margins";

/// The bytes of an ONNX file (IR 8, ai.onnx 17, ai.onnx.ml 3) with one input per feature and the
/// encoders inside the graph.
///
/// Outputs: classification gives `label` INT64 [N] and `probabilities` FP32 [N,classes], where the
/// label is the most probable class, the first of them at a tie; regression gives `prediction`
/// FP32 [N,1]. With `with_margins`, `margins` FP32 [N,targets] comes last: for checks.
/// Metadata: temper.task, temper.feature_map (JSON object, feature -> input, column, kind,
/// categories), temper.label_output, temper.probability_output, temper.classes (JSON array), for
/// two classes temper.positive_class (the value of `label` for the second), and `metadata`.
/// Margins: base margins lie in the leaves of each target's first tree, so a sequential sum is bit
/// by bit `TreeEnsemble::margins`. Node covers lie in nodes_hitrates. Errors: kInvalidArgument when
/// ensemble, features, classes and link do not fit together: names empty, repeated or those of
/// outputs, one target but more than two classes, a link that is not of the task.
[[nodiscard]] Result<std::string> write_tree_model(const TreeModel& model,
                                                   bool with_margins = false);

}  // namespace temper::onnx_graph
