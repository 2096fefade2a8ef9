// What registration finds out about a model by running it, in a child process with limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/tensor/signature.h"

namespace temper::runtime {

struct ProbeLimits {
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  Duration patience = std::chrono::seconds(60);
  /// The program whose `host` command is the child; empty = this one.
  std::string program;
};

struct ProbeReport {
  Signature signature;
  /// Rows of different callers may share a run: free first dimensions everywhere, and each row's
  /// outputs stayed within `batch_tolerance` of the row alone whatever its batch-mates were.
  bool batchable = false;
  /// Why not, where not: "output 'y' of a row changed by 0.65 with its batch-mates".
  std::string unbatched_reason;
  /// Largest absolute difference seen between a row alone and the row in company; infinite (null in
  /// JSON) where one of the two was NaN or infinite.
  double batch_difference = 0;
  /// What a batched answer may differ from an unbatched one: the measured difference with
  /// head-room.
  double batch_tolerance = 0;
  /// Median time of one run, one row, warm.
  std::int64_t run_ns_1 = 0;
  /// Median time of one run of 16 rows; 0 where it is not batchable.
  std::int64_t run_ns_16 = 0;
  /// Resident memory after load and at the peak of the probe.
  std::uint64_t loaded_bytes = 0;
  std::uint64_t peak_bytes = 0;
  /// True where an instance may run inside the gateway: memory known beforehand (fixed columns, no
  /// operator whose memory or time depends on values). Anything else belongs in a host.
  bool safe_in_process = false;
  std::string unsafe_reason;
};

/// Loads and runs the model in `temper host --probe` (a child of this program). Errors:
/// kInvalidArgument with the reason when it cannot be loaded or run; kResourceExhausted when it
/// asks for more memory; kDeadlineExceeded when it does not finish; a crash is kInvalidArgument
/// too, and names the signal.
[[nodiscard]] Result<ProbeReport> probe(const std::filesystem::path& artifact,
                                        const ProbeLimits& limits);

/// JSON for the registry and for `--output json`; `parse` is strict.
[[nodiscard]] std::string to_json(const ProbeReport& report);
[[nodiscard]] Result<ProbeReport> parse_probe_report(std::string_view json);

}  // namespace temper::runtime
