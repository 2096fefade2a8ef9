// XGBoost's JSON model document, read as a tree ensemble.
#pragma once

#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/model/onnx/tree_ensemble.h"

namespace temper::renew::xgboost {

struct ParsedModel {
  /// "binary:logistic".
  std::string objective;
  onnx_graph::TreeEnsemble ensemble;
};

/// How the margins of `objective` become its predictions. Errors: kUnimplemented naming the
/// objectives that are known.
[[nodiscard]] Result<onnx_graph::Link> link_of(std::string_view objective);

/// Reads a document of XGBoost 2.0 to 3.2 (`base_score` as "5E-1" or "[5.07E-1]").
///
/// Value:  margins of the ensemble are bit by bit those of XGBoost's CPU predictor.
/// Errors: kInvalidArgument when it is not such a document or does not hang together;
/// kUnimplemented for boosters other than gbtree, categorical splits, vector leaves, several
/// targets and unknown objectives.
[[nodiscard]] Result<ParsedModel> parse_model_json(std::string_view json);

}  // namespace temper::renew::xgboost
