// What every adapter checks, and the words it refuses with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "temper/record/streams/consumer_group.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Size and mark of a record. Errors: kInvalidArgument.
[[nodiscard]] Status check_append(std::string_view bytes, const AppendOptions& options,
                                  const StreamLimits& limits);

/// How many entries a read may hand out now, 1...
/// Errors: kInvalidArgument for max_entries 0; kResourceExhausted above `max_pending`.
[[nodiscard]] Result<std::size_t> pending_room(const ConsumerGroup& group,
                                               const ReadRequest& request,
                                               const StreamLimits& limits, std::string_view stream);

[[nodiscard]] std::unexpected<Error> full(std::string_view stream, std::uint64_t entries,
                                          std::uint64_t bytes);
[[nodiscard]] std::unexpected<Error> stopped(std::string_view stream);

}  // namespace temper::streams
