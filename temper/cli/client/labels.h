// Labels beside predictions: which output is the predicted class, which its probabilities.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "temper/cli/client/prediction_columns.h"
#include "temper/cli/client/score.h"
#include "temper/core/result.h"
#include "temper/data/table.h"

namespace temper::client {

struct LabelOptions {
  /// Names of outputs; empty = found by datatype and shape.
  std::string label_output;
  std::string probability_output;
  /// Class names in the order of the probability columns; empty = "0", "1", ...
  std::vector<std::string> classes;
};

/// Scores the answered events that have a label. A label is compared as text: true and false are
/// "1" and "0", a whole number has no decimals.
///
/// The predicted class is the integer, boolean or BYTES output; without one, the class of highest
/// probability (the first of equals). Probabilities are the floating-point output of two or more
/// columns, or of one column that holds P(class 1); a probability for a label that is none of the
/// classes counts as 0.
/// Errors: kInvalidArgument when the outputs named do not exist or nothing can be scored.
[[nodiscard]] Result<ScoreBoard> score_labels(const data::Column& label, const data::Column* time,
                                              const PredictionColumns& predictions,
                                              const LabelOptions& options);

/// How a label or a predicted class is written for comparison.
[[nodiscard]] std::string class_text(const data::Column& column, std::size_t row);

}  // namespace temper::client
