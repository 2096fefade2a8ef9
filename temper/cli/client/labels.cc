#include "temper/cli/client/labels.h"

#include <algorithm>
#include <cmath>

namespace temper::client {
namespace {

using Output = PredictionColumns::Output;

bool is_floating(DataType type) { return type == DataType::kFp32 || type == DataType::kFp64; }

Result<const Output*> named(const PredictionColumns& predictions, const std::string& name) {
  std::string known;
  for (const Output& output : predictions.outputs()) {
    if (output.name == name) return &output;
    known += (known.empty() ? "'" : ", '") + output.name + "'";
  }
  return fail(ErrorCode::kInvalidArgument, "the model has no output '{}' with a row per event: {}",
              name, known);
}

const Output* find(const PredictionColumns& predictions, bool floating, std::size_t least_width,
                   std::size_t most_width) {
  for (const Output& output : predictions.outputs()) {
    if (is_floating(output.datatype) == floating && output.width >= least_width &&
        output.width <= most_width) {
      return &output;
    }
  }
  return nullptr;
}

/// The outputs that scoring reads; either may be null, not both.
struct Roles {
  const Output* label = nullptr;
  const Output* probability = nullptr;
};

Result<Roles> find_roles(const PredictionColumns& predictions, const LabelOptions& options) {
  Roles roles;
  if (options.label_output.empty()) {
    roles.label = find(predictions, false, 1, 1);
  } else {
    TEMPER_TRY(roles.label, named(predictions, options.label_output));
  }
  if (options.probability_output.empty()) {
    roles.probability = find(predictions, true, 2, ~std::size_t{0});
    if (roles.probability == nullptr) roles.probability = find(predictions, true, 1, 1);
  } else {
    TEMPER_TRY(roles.probability, named(predictions, options.probability_output));
  }
  if (roles.label == nullptr && roles.probability == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                "no output is a class or class probabilities: labels cannot be scored");
  }
  return roles;
}

class Probabilities {
 public:
  Probabilities(const PredictionColumns& predictions, const Output& output,
                std::vector<std::string> classes)
      : classes_(std::move(classes)), columns_(predictions.columns()), output_(output) {
    const std::size_t count = std::max<std::size_t>(output.width, 2);
    for (std::size_t k = classes_.size(); k < count; ++k) classes_.push_back(std::to_string(k));
  }

  [[nodiscard]] double of(const std::string& label, std::size_t row) const {
    const auto found = std::ranges::find(classes_, label);
    if (found == classes_.end()) return 0;
    return at(static_cast<std::size_t>(found - classes_.begin()), row);
  }

  [[nodiscard]] const std::string& most_likely(std::size_t row) const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < classes_.size(); ++k) {
      if (at(k, row) > at(best, row)) best = k;
    }
    return classes_[best];
  }

 private:
  [[nodiscard]] double at(std::size_t index, std::size_t row) const {
    if (output_.width > 1) {
      return index < output_.width ? columns_[output_.first_column + index].number(row) : 0;
    }
    const double positive = columns_[output_.first_column].number(row);
    return index == 1 ? positive : 1 - positive;
  }

  std::vector<std::string> classes_;
  const std::vector<data::Column>& columns_;
  const Output& output_;
};

}  // namespace

std::string class_text(const data::Column& column, std::size_t row) {
  if (column.type == data::ColumnType::kBool) return column.bools()[row] != 0 ? "1" : "0";
  if (column.type == data::ColumnType::kDouble) {
    const double value = column.number(row);
    if (value == std::floor(value) && std::abs(value) < 1e15) {
      return std::to_string(static_cast<std::int64_t>(value));
    }
  }
  return column.display(row);
}

Result<ScoreBoard> score_labels(const data::Column& label, const data::Column* time,
                                const PredictionColumns& predictions, const LabelOptions& options) {
  TEMPER_TRY(const Roles roles, find_roles(predictions, options));
  std::optional<Probabilities> probabilities;
  if (roles.probability != nullptr) {
    probabilities.emplace(predictions, *roles.probability, options.classes);
  }
  ScoreBoard board;
  for (std::size_t row = 0; row < label.size(); ++row) {
    if (label.is_missing(row) || !predictions.is_answered(row)) continue;
    const std::string actual = class_text(label, row);
    const std::string predicted =
        roles.label != nullptr ? class_text(predictions.columns()[roles.label->first_column], row)
                               : probabilities->most_likely(row);
    std::optional<double> probability;
    if (probabilities) probability = probabilities->of(actual, row);
    std::optional<std::int64_t> when;
    if (time != nullptr && !time->is_missing(row)) when = time->integer(row);
    board.add(when, actual, predicted, probability);
  }
  if (board.overall.events() == 0) {
    return fail(ErrorCode::kInvalidArgument, "no answered event has a value in column '{}'",
                label.name);
  }
  return board;
}

}  // namespace temper::client
