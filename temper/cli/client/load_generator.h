// Draws load from a server over HTTP/1.1 and measures what its callers would see.
//
// One thread, one epoll set, requests encoded beforehand: a few microseconds of processor time per
// request, so that on a small machine the generator does not drown the server it measures.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "temper/cli/client/endpoint.h"
#include "temper/cli/client/latency_recorder.h"
#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::client {

enum class LoadMode {
  /// Each connection sends as soon as its answer came; latency counts from the send.
  kClosed,
  /// Requests fall due by a Poisson process whatever the server does; latency counts from the time
  /// a
  /// request was due, so waiting for a free connection is part of it.
  kOpen,
};

struct LoadConfig {
  Endpoint endpoint;
  /// Whole requests as they go on the wire, sent in turn.
  std::vector<std::string> requests;
  LoadMode mode = LoadMode::kClosed;
  /// Open connections; in open mode also the most requests under way at once.
  int connections = 1;
  /// Requests per second; open mode only.
  double rate_per_s = 0;
  /// Driven but not measured.
  Duration warmup = std::chrono::seconds(1);
  Duration duration = std::chrono::seconds(10);
  /// A request without an answer by then is an error and its connection is opened anew.
  Duration timeout = std::chrono::seconds(30);
  /// Of the arrivals.
  std::uint64_t seed = 1;

  [[nodiscard]] Status validate() const;
};

struct LoadReport {
  /// Answers with status 2xx that belong to the measured time.
  std::uint64_t answered = 0;
  /// "status 503", "timeout", "connection closed", "connect", "not sent" -> count.
  std::map<std::string, std::uint64_t> errors;
  /// Of the answered requests only; errors are quick or endless and would blur it.
  LatencyRecorder latency;
  double seconds = 0;
  /// Open mode: the most requests that were due and waited for a free connection.
  std::size_t most_waiting = 0;

  [[nodiscard]] double requests_per_s() const {
    return seconds > 0 ? static_cast<double>(answered) / seconds : 0;
  }
  [[nodiscard]] std::uint64_t error_count() const;
};

/// Runs the load. In closed mode an answer belongs to the measured time when it comes inside it; in
/// open mode when its request was due inside it. Requests under way at the end are awaited up to
/// `timeout`, so that each one sent is either answered or counted as an error.
/// Errors: kInvalidArgument (config), kUnavailable when nobody answers at the endpoint at all.
[[nodiscard]] Result<LoadReport> generate_load(const LoadConfig& config, const Clock& clock);

}  // namespace temper::client
