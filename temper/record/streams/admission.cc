#include "temper/record/streams/admission.h"

#include <algorithm>

namespace temper::streams {

Status check_append(std::string_view bytes, const AppendOptions& options,
                    const StreamLimits& limits) {
  if (bytes.size() > limits.max_entry_bytes) {
    return fail(ErrorCode::kInvalidArgument, "a record of {} bytes is above the limit of {}",
                bytes.size(), limits.max_entry_bytes);
  }
  return options.mark ? check_member_name("producer", options.mark->producer) : Status{};
}

Result<std::size_t> pending_room(const ConsumerGroup& group, const ReadRequest& request,
                                 const StreamLimits& limits, std::string_view stream) {
  if (request.max_entries == 0) {
    return fail(ErrorCode::kInvalidArgument, "a read asks for at least one entry");
  }
  const std::size_t pending = group.pending().size();
  if (pending >= limits.max_pending) {
    return fail(ErrorCode::kResourceExhausted,
                "group '{}' of stream '{}' has {} entries to acknowledge before it reads more",
                request.group, stream, pending);
  }
  return std::min(request.max_entries, static_cast<std::size_t>(limits.max_pending) - pending);
}

std::unexpected<Error> full(std::string_view stream, std::uint64_t entries, std::uint64_t bytes) {
  return fail(ErrorCode::kResourceExhausted, "stream '{}' is full: {} entries, {} bytes", stream,
              entries, bytes);
}

std::unexpected<Error> stopped(std::string_view stream) {
  return fail(ErrorCode::kCancelled, "stopped while waiting at stream '{}'", stream);
}

}  // namespace temper::streams
