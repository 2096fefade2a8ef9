#include "temper/gateway/service/context.h"

#include <charconv>
#include <cstdint>
#include <string>

namespace temper::gateway {
namespace {

Result<std::int64_t> whole_number(std::string_view name, std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    return fail(ErrorCode::kInvalidArgument, "header '{}' is '{}', expected a whole number", name,
                value);
  }
  return number;
}

}  // namespace

Status apply_header(oip::RequestParameters& parameters, std::string_view name,
                    std::string_view value) {
  const auto add = [&](std::string_view parameter, oip::ParameterValue typed) {
    return oip::add_parameter(parameters, parameter, std::move(typed),
                              fmt::format("header '{}'", name));
  };
  if (name == kUnitIdHeader && !parameters.unit_id) {
    return add("temper_unit_id", std::string(value));
  }
  if (name == kEventTimeHeader && !parameters.event_time_ns) {
    TEMPER_TRY(const std::int64_t number, whole_number(name, value));
    return add("temper_event_time_ns", number);
  }
  if (name == kTimeoutHeader && !parameters.timeout) {
    TEMPER_TRY(const std::int64_t number, whole_number(name, value));
    return add("timeout", number);
  }
  if (name == kPriorityHeader && !parameters.priority) {
    TEMPER_TRY(const std::int64_t number, whole_number(name, value));
    return add("priority", number);
  }
  return {};
}

}  // namespace temper::gateway
