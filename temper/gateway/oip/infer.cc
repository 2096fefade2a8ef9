#include "temper/gateway/oip/infer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace temper::oip {
namespace {

/// Microseconds that still fit a Duration.
constexpr std::int64_t kLongestTimeoutUs = std::numeric_limits<std::int64_t>::max() / 1000;

std::unexpected<Error> wrong_parameter(std::string_view where, std::string_view expected) {
  return fail(ErrorCode::kInvalidArgument, "{}: expected {}", where, expected);
}

Status check_unique(std::vector<std::string_view>& names, std::string_view what) {
  std::ranges::sort(names);
  if (!names.empty() && names.front().empty()) {
    return fail(ErrorCode::kInvalidArgument, "an {} has no name", what);
  }
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return fail(ErrorCode::kInvalidArgument, "the {} '{}' comes twice", what, *twice);
  }
  return {};
}

}  // namespace

Status add_parameter(RequestParameters& parameters, std::string_view name, ParameterValue value,
                     std::string_view where) {
  if (name == "temper_unit_id") {
    auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || text->empty()) return wrong_parameter(where, "a string, not empty");
    parameters.unit_id = std::move(*text);
    return {};
  }
  if (name == "temper_event_time_ns") {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return wrong_parameter(where, "an integer of nanoseconds");
    parameters.event_time_ns = *number;
    return {};
  }
  if (name == "timeout") {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 0 || *number > kLongestTimeoutUs) {
      return wrong_parameter(where, "an integer of microseconds, not negative");
    }
    parameters.timeout = std::chrono::microseconds(*number);
    return {};
  }
  if (name == "priority") {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 0) {
      return wrong_parameter(where, "an integer, not negative");
    }
    parameters.priority = *number;
    return {};
  }
  if (name == "sequence_id" || name == "sequence_start" || name == "sequence_end") {
    // Zero and false are what clients send for "no sequence".
    const auto* number = std::get_if<std::int64_t>(&value);
    const auto* flag = std::get_if<bool>(&value);
    const auto* text = std::get_if<std::string>(&value);
    if ((number != nullptr && *number == 0) || (flag != nullptr && !*flag) ||
        (text != nullptr && text->empty())) {
      return {};
    }
    return fail(ErrorCode::kUnimplemented, "{}: sequences of requests are not served", where);
  }
  if (parameters.others.size() == kMaxParameters) {
    return fail(ErrorCode::kInvalidArgument, "{}: more than {} parameters", where, kMaxParameters);
  }
  parameters.others.push_back({.name = std::string(name), .value = std::move(value)});
  return {};
}

Status check_names(const DecodedInferRequest& request) {
  std::vector<std::string_view> names;
  names.reserve(std::max(request.inputs.size(), request.outputs.size()));
  for (const NamedTensor& input : request.inputs) names.push_back(input.name);
  TEMPER_TRY_STATUS(check_unique(names, "input"));
  names.clear();
  for (const RequestedOutput& output : request.outputs) names.push_back(output.name);
  return check_unique(names, "output");
}

}  // namespace temper::oip
