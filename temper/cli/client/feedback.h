// Labels of replayed events sent back as feedback, as a labelling desk would send them later.
#pragma once

#include <cstdint>

#include "temper/cli/client/model_client.h"
#include "temper/cli/client/prediction_columns.h"
#include "temper/core/result.h"
#include "temper/data/table.h"

namespace temper::client {

/// POSTs the labels of the answered events to /v1/feedback, some at a time, with the event's time
/// as the time of observation (the server's own where `time` is null); gives how many were
/// accepted. Errors: those of the server and of the connection; what was sent before stays.
[[nodiscard]] Result<std::uint64_t> send_feedback(const ServerOptions& server,
                                                  const data::Column& label,
                                                  const data::Column* time,
                                                  const PredictionColumns& predictions);

}  // namespace temper::client
