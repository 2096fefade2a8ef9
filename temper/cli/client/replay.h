// Recorded events sent to a model again, in their order, at a chosen pace.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "temper/cli/client/latency_recorder.h"
#include "temper/cli/client/model_client.h"
#include "temper/cli/client/prediction_columns.h"
#include "temper/cli/client/retry.h"
#include "temper/cli/client/table_inputs.h"
#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/data/table.h"

namespace temper::client {

struct ReplayConfig {
  /// Requests under way at once, each on a connection of its own; 1..256.
  int connections = 4;
  /// Events per request; 1..4096.
  std::size_t batch = 1;
  /// Events per second; 0 = as fast as the server takes them.
  double rate_per_s = 0;
  /// Seconds of event time per second (3600 = an hour a second); 0 = not by event time.
  double speed = 0;
  /// Tensors as raw bytes rather than JSON numbers.
  bool binary = true;
  RetryPolicy retry{};

  [[nodiscard]] Status validate() const;
};

/// What is replayed: rows in the order of their time.
struct Events {
  const data::Table* table = nullptr;
  const TableInputs* inputs = nullptr;
  /// Nanoseconds since the epoch, ascending, one per row; null = the events have no time.
  const data::Column* time = nullptr;
};

struct ReplayReport {
  std::uint64_t events = 0;
  std::uint64_t answered = 0;
  /// Events of requests that the server refused for what they say; they are not tried again.
  std::uint64_t refused = 0;
  std::string first_refusal;
  /// Attempts beyond the first, after overload or an interrupted connection.
  std::uint64_t retries = 0;
  double seconds = 0;
  /// Of the attempts that were answered.
  LatencyRecorder latency;
  std::optional<PredictionColumns> predictions;
};

/// When the event at `row` falls due, counted from the start of the replay; empty = at once.
/// Pure: the pace of a replay is decided here.
[[nodiscard]] std::optional<Duration> due_after(const ReplayConfig& config, const Events& events,
                                                std::size_t row);

/// Sends every event; returns when each is answered or refused. Requests start in the order of the
/// events; a request carries the event time of its last row. Overload and lost connections are
/// tried again within the patience of `config.retry`. `progress` is called with the number of
/// events done, some times a second, on this thread. Errors: kInvalidArgument (config, a row that
/// the inputs cannot say); any error of the server that is not about one request (unknown model,
/// key, patience spent) ends the replay.
[[nodiscard]] Result<ReplayReport> replay(const ModelClient& client, const Events& events,
                                          const ReplayConfig& config, const Clock& clock,
                                          const std::function<void(std::uint64_t)>& progress);

}  // namespace temper::client
