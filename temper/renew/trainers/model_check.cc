#include "temper/renew/trainers/model_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>

#include "temper/core/file.h"
#include "temper/model/onnx/tree_model.h"

namespace temper::renew {
namespace {

using onnx_graph::TreeFeature;
using onnx_graph::TreeModel;

/// A column's values in the given rows, as the model's input takes them.
Tensor input_tensor(const TreeFeature& feature, const data::Column& column,
                    std::span<const std::size_t> rows) {
  Shape shape = {static_cast<std::int64_t>(rows.size()), 1};
  if (feature.kind == TreeFeature::Kind::kCategorical) {
    std::vector<std::string> texts;
    for (const std::size_t row : rows) texts.push_back(column.display(row));
    return Tensor::of_strings(std::move(shape), texts);
  }
  std::vector<float> numbers;
  for (const std::size_t row : rows) numbers.push_back(static_cast<float>(column.number(row)));
  return Tensor::copy_of(DataType::kFp32, std::move(shape), std::as_bytes(std::span(numbers)));
}

template <typename Value>
std::vector<Value> values_of(const Tensor& tensor) {
  std::vector<Value> values(tensor.data.size() / sizeof(Value));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(Value));
  return values;
}

struct Answer {
  std::vector<float> margins;
  /// Empty for regression.
  std::vector<std::int64_t> labels;
};

/// The model loaded from a file of its own, with margins among its outputs.
class LoadedModel {
 public:
  static Result<LoadedModel> load(runtime::Runtime& runtime, const TreeModel& model) {
    TEMPER_TRY(const std::string bytes, write_tree_model(model, true));
    TEMPER_TRY(TemporaryFolder folder, TemporaryFolder::create("temper-model-check"));
    const auto file = folder.path() / "model.onnx";
    TEMPER_TRY_STATUS(write_file_atomically(file, bytes));
    TEMPER_TRY(auto instance, runtime.load({.artifact = file}));
    return LoadedModel(std::move(folder), std::move(instance), model);
  }

  [[nodiscard]] Result<Answer> run(const data::Table& table, std::span<const std::size_t> rows) {
    std::vector<Tensor> inputs;
    for (const TreeFeature& feature : model_->features) {
      TEMPER_TRY(const data::Column* column, table.column(feature.name));
      inputs.push_back(input_tensor(feature, *column, rows));
    }
    std::vector<std::size_t> outputs;
    for (const char* name : {onnx_graph::kMarginOutput, onnx_graph::kLabelOutput}) {
      if (const auto index = instance_->signature().output_index(name)) outputs.push_back(*index);
    }
    TEMPER_TRY(const auto tensors, instance_->run({.inputs = inputs, .outputs = outputs}));
    Answer answer{.margins = values_of<float>(tensors.at(0)), .labels = {}};
    if (tensors.size() > 1) answer.labels = values_of<std::int64_t>(tensors[1]);
    return answer;
  }

 private:
  LoadedModel(TemporaryFolder folder, std::unique_ptr<runtime::Instance> instance,
              const TreeModel& model)
      : folder_(std::move(folder)), instance_(std::move(instance)), model_(&model) {}
  TemporaryFolder folder_;
  std::unique_ptr<runtime::Instance> instance_;
  const TreeModel* model_;
};

/// Whether `label` is the best class by the trainer's margins, or tied with it.
bool is_best_label(const TreeModel& model, std::int64_t label, std::span<const float> margins,
                   double tie_tolerance) {
  std::size_t index = model.classes.size();
  for (std::size_t at = 0; at < model.classes.size(); ++at) {
    const auto value =
        model.class_values.empty() ? static_cast<std::int64_t>(at) : model.class_values[at];
    if (value == label) index = at;
  }
  if (index == model.classes.size()) return false;
  if (margins.size() == 1) {
    // Near 0 a margin is four times its probability's distance from one half.
    const double towards = index == 1 ? margins[0] : -margins[0];
    return towards >= -4 * tie_tolerance;
  }
  const float best = *std::ranges::max_element(margins);
  return margins[index] >= best - static_cast<float>(tie_tolerance);
}

}  // namespace

Result<ModelCheckReport> check_model(runtime::Runtime& runtime, const TreeModel& model,
                                     const data::Table& table, std::span<const std::size_t> rows,
                                     std::span<const float> margins,
                                     const ModelCheckConfig& config) {
  const std::size_t targets = model.ensemble.target_count();
  if (margins.size() != rows.size() * targets) {
    return fail(ErrorCode::kInternal, "{} margins for {} rows of {}", margins.size(), rows.size(),
                targets);
  }
  TEMPER_TRY(LoadedModel loaded, LoadedModel::load(runtime, model));
  ModelCheckReport report{.rows = rows.size()};
  for (std::size_t first = 0; first < rows.size(); first += config.batch_rows) {
    const std::size_t count = std::min(config.batch_rows, rows.size() - first);
    TEMPER_TRY(const Answer answer, loaded.run(table, rows.subspan(first, count)));
    const auto expected = margins.subspan(first * targets, count * targets);
    if (answer.margins.size() != expected.size() ||
        (!model.classes.empty() && answer.labels.size() != count)) {
      return fail(ErrorCode::kInternal, "the file gives {} margins and {} labels for {} rows",
                  answer.margins.size(), answer.labels.size(), count);
    }
    for (std::size_t index = 0; index < expected.size(); ++index) {
      const double scale =
          std::max(std::abs(static_cast<double>(expected[index])), config.margin_floor);
      const double difference =
          std::abs(static_cast<double>(answer.margins[index]) - expected[index]) / scale;
      report.largest_relative_difference = std::max(report.largest_relative_difference, difference);
      if (!(difference <= config.relative_tolerance)) {
        return fail(ErrorCode::kInternal,
                    "the ONNX file is not the model that was trained: in row {} of the data its "
                    "margin is {}, the trainer's {}",
                    rows[first + index / targets] + 1, answer.margins[index], expected[index]);
      }
    }
    for (std::size_t row = 0; row < answer.labels.size(); ++row) {
      if (!is_best_label(model, answer.labels[row], expected.subspan(row * targets, targets),
                         config.tie_tolerance)) {
        return fail(ErrorCode::kInternal,
                    "the ONNX file is not the model that was trained: in row {} of the data its "
                    "label is {}, which is not the trainer's best class",
                    rows[first + row] + 1, answer.labels[row]);
      }
    }
  }
  return report;
}

}  // namespace temper::renew
