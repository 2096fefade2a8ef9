#include "temper/model/tensor/signature.h"

#include <algorithm>

namespace temper {
namespace {

std::optional<std::size_t> index_of(const std::vector<TensorSpec>& specs, std::string_view name) {
  for (std::size_t k = 0; k < specs.size(); ++k) {
    if (specs[k].name == name) return k;
  }
  return std::nullopt;
}

bool has_free_first_dimension(const TensorSpec& spec) {
  return !spec.shape.empty() && spec.shape[0] < 0;
}

bool has_fixed_trailing_dimensions(const TensorSpec& spec) {
  return spec.shape.size() <= 1 || std::all_of(spec.shape.begin() + 1, spec.shape.end(),
                                               [](std::int64_t size) { return size >= 0; });
}

Status check_input(const TensorSpec& spec, const Tensor& tensor) {
  if (tensor.datatype != spec.datatype) {
    return fail(ErrorCode::kInvalidArgument, "input '{}': datatype {} came, expected {}", spec.name,
                data_type_name(tensor.datatype), data_type_name(spec.datatype));
  }
  bool fits = tensor.shape.size() == spec.shape.size();
  for (std::size_t k = 0; fits && k < spec.shape.size(); ++k) {
    fits = spec.shape[k] < 0 || tensor.shape[k] == spec.shape[k];
  }
  if (!fits) {
    return fail(ErrorCode::kInvalidArgument, "input '{}': shape {} came, expected {}", spec.name,
                shape_text(tensor.shape), shape_text(spec.shape));
  }
  return check_tensor(tensor, spec.name);
}

}  // namespace

std::optional<std::size_t> Signature::input_index(std::string_view name) const {
  return index_of(inputs, name);
}

std::optional<std::size_t> Signature::output_index(std::string_view name) const {
  return index_of(outputs, name);
}

bool Signature::has_free_rows() const {
  return !inputs.empty() && !outputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), has_free_first_dimension) &&
         std::all_of(outputs.begin(), outputs.end(), has_free_first_dimension);
}

bool Signature::has_fixed_columns() const {
  return std::all_of(inputs.begin(), inputs.end(), has_fixed_trailing_dimensions) &&
         std::all_of(outputs.begin(), outputs.end(), has_fixed_trailing_dimensions);
}

Status check_inputs(const Signature& signature, std::span<const Tensor> inputs) {
  if (inputs.size() != signature.inputs.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} inputs came, the model takes {}", inputs.size(),
                signature.inputs.size());
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    TEMPER_TRY_STATUS(check_input(signature.inputs[k], inputs[k]));
  }
  const bool free_rows =
      !signature.inputs.empty() &&
      std::all_of(signature.inputs.begin(), signature.inputs.end(), has_free_first_dimension);
  for (std::size_t k = 1; free_rows && k < inputs.size(); ++k) {
    if (inputs[k].rows() != inputs[0].rows()) {
      return fail(ErrorCode::kInvalidArgument,
                  "input '{}' has {} rows, but input '{}' has {}: all need the same number",
                  signature.inputs[k].name, inputs[k].rows(), signature.inputs[0].name,
                  inputs[0].rows());
    }
  }
  return {};
}

}  // namespace temper
