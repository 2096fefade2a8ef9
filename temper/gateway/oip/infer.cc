#include "temper/gateway/oip/infer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace temper::oip {
namespace {

std::string_view kind_of(const ParameterValue& value) {
  constexpr std::string_view kKinds[] = {"a boolean", "an integer", "a number", "a string"};
  return kKinds[value.index()];
}

Result<std::int64_t> non_negative(const ParameterValue& value, std::string_view where) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} came, expected an integer of 64 bits", where,
                kind_of(value));
  }
  if (*integer < 0) {
    return fail(ErrorCode::kInvalidArgument, "{}: {} came, expected 0 or more", where, *integer);
  }
  return *integer;
}

Result<std::string> as_text(ParameterValue value, std::string_view where) {
  if (auto* text = std::get_if<std::string>(&value)) return std::move(*text);
  // Units are often numbered; an integer names its unit as its digits do.
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  return fail(ErrorCode::kInvalidArgument, "{}: {} came, expected a string", where, kind_of(value));
}

/// A sequence parameter that asks for nothing: clients that have the field may send it so.
bool is_no_sequence(const ParameterValue& value) {
  return value == ParameterValue(std::int64_t{0}) || value == ParameterValue(false) ||
         value == ParameterValue(std::string());
}

template <typename Named>
Status check_unique(const std::vector<Named>& values, std::string_view list) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values[k].name.empty()) {
      return fail(ErrorCode::kInvalidArgument, "/{}/{}/name: empty, expected a name", list, k);
    }
  }
  if (values.size() < 2) return {};
  std::vector<std::string_view> names;
  names.reserve(values.size());
  for (const Named& value : values) names.push_back(value.name);
  std::sort(names.begin(), names.end());
  const auto twin = std::adjacent_find(names.begin(), names.end());
  if (twin == names.end()) return {};
  return fail(ErrorCode::kInvalidArgument, "/{}: '{}' comes twice, expected each name once", list,
              *twin);
}

}  // namespace

Status add_parameter(RequestParameters& parameters, std::string_view name, ParameterValue value,
                     std::string_view where) {
  if (name == "temper_unit_id") {
    TEMPER_TRY(parameters.unit_id, as_text(std::move(value), where));
  } else if (name == "temper_event_time_ns") {
    TEMPER_TRY(parameters.event_time_ns, non_negative(value, where));
  } else if (name == "timeout") {
    TEMPER_TRY(const std::int64_t microseconds, non_negative(value, where));
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
    parameters.timeout = std::chrono::microseconds(std::min(microseconds, kMost));
  } else if (name == "priority") {
    TEMPER_TRY(parameters.priority, non_negative(value, where));
  } else if (name == "sequence_id" || name == "sequence_start" || name == "sequence_end") {
    if (is_no_sequence(value)) return {};
    return fail(ErrorCode::kUnimplemented,
                "{}: sequences are not supported, expected requests that stand alone", where);
  } else {
    parameters.others.push_back({.name = std::string(name), .value = std::move(value)});
  }
  return {};
}

Result<Tensor> tensor_over(DataType type, Shape shape, std::span<const std::byte> bytes,
                           std::shared_ptr<const void> owner, std::string_view name) {
  Tensor tensor{
      .datatype = type, .shape = std::move(shape), .data = bytes, .owner = std::move(owner)};
  TEMPER_TRY_STATUS(check_tensor(tensor, name));
  if (type == DataType::kBool) {
    const auto odd = std::find_if(bytes.begin(), bytes.end(),
                                  [](std::byte each) { return each > std::byte{1}; });
    if (odd == bytes.end()) return tensor;
    return fail(ErrorCode::kInvalidArgument, "tensor '{}': byte {} is {}, expected 0 or 1", name,
                odd - bytes.begin(), std::to_integer<int>(*odd));
  }
  const std::size_t alignment = element_size(type);
  if (alignment < 2 || reinterpret_cast<std::uintptr_t>(bytes.data()) % alignment == 0) {
    return tensor;
  }
  return Tensor::copy_of(type, std::move(tensor.shape), bytes);
}

Status check_names(const DecodedInferRequest& request) {
  TEMPER_TRY_STATUS(check_unique(request.inputs, "inputs"));
  return check_unique(request.outputs, "outputs");
}

}  // namespace temper::oip
