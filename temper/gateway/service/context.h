// The context of a request that travels outside its body: `temper-*` headers and gRPC metadata.
#pragma once

#include <string_view>

#include "temper/core/result.h"
#include "temper/gateway/oip/infer.h"

namespace temper::gateway {

inline constexpr std::string_view kUnitIdHeader = "temper-unit-id";
inline constexpr std::string_view kEventTimeHeader = "temper-event-time-ns";
inline constexpr std::string_view kTimeoutHeader = "temper-timeout";
inline constexpr std::string_view kPriorityHeader = "temper-priority";
inline constexpr std::string_view kApiKeyHeader = "temper-api-key";

/// Takes one header into `parameters` unless the body already said it (a parameter wins). Headers
/// of other names are left alone. `name` in lower case. Errors: kInvalidArgument naming the header.
[[nodiscard]] Status apply_header(oip::RequestParameters& parameters, std::string_view name,
                                  std::string_view value);

}  // namespace temper::gateway
