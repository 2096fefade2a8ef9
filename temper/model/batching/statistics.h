// What an executor has done so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace temper::batching {

struct BatchStats {
  std::uint64_t runs = 0;
  std::uint64_t compute_ns = 0;
};

/// Cumulative since the version was loaded. Times of `success`, `queue` and `compute` are sums over
/// successful requests; a batch's run counts once for each of its members.
struct ExecutorStats {
  /// Rows answered, and runs of the model that succeeded.
  std::uint64_t rows = 0;
  std::uint64_t runs = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t success_ns = 0;
  std::uint64_t queue_ns = 0;
  std::uint64_t compute_ns = 0;
  /// Accepted, then answered by an error (expired ones included, cancelled ones not).
  std::uint64_t failed = 0;
  std::uint64_t failure_ns = 0;
  /// Of those failed: past their deadline, before or during their run.
  std::uint64_t expired = 0;
  /// Refused for a full queue; not counted in `failed`.
  std::uint64_t rejected = 0;
  /// Shared runs that failed and were repeated in parts.
  std::uint64_t split_runs = 0;
  /// By rows in a run. Bounded: above 256 rows, counted under the next power of two.
  std::map<std::int64_t, BatchStats> batches;

  std::size_t queued_requests = 0;
  std::int64_t queued_rows = 0;
};

}  // namespace temper::batching
