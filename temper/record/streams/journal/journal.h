// Streams in a folder: the embedded, durable adapter.
//
// A stream is a folder of segments (segment.h), each a SQLite file of a span of time. Many small
// appends share one commit and one fsync; what a commit holds is one row. One process owns the
// journal for writing; others may look. docs/adr/0006-journal.md has the reasons and the figures,
// docs/streams.md the promises. Reading order: this file, journal_stream.h (one stream as its owner
// has it), segment.h, block.h.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

struct JournalConfig {
  StreamLimits limits{};
  /// A segment is sealed at this size, in bytes of records, 4 KiB...
  std::uint64_t segment_max_bytes = std::uint64_t{64} << 20;
  /// A segment spans at most so much time, so that trimming by time has something to remove.
  Duration segment_max_age = std::chrono::hours(1);
  /// How long a buffered record waits for others at most.
  Duration linger = std::chrono::milliseconds(5);
  /// Records waiting for the disk; beyond, the stream counts as full. 1 MiB...
  std::uint64_t max_waiting_bytes = std::uint64_t{64} << 20;

  [[nodiscard]] Status validate() const;
};

class Journal final : public StreamStore {
 public:
  /// Becomes the folder's owner and repairs what a kill left.
  /// Errors: kUnavailable while another process owns it; kInvalidArgument; kInternal.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder,
                                               const JournalConfig& config,
                                               const Clock& clock = system_clock_instance());
  /// For looking while another process may own the folder: `range`, `pending`, `info`; all else is
  /// kFailedPrecondition. Errors: kNotFound.
  static Result<std::unique_ptr<Journal>> open_to_look(
      const std::filesystem::path& folder, const Clock& clock = system_clock_instance());
  /// Commits what is buffered.
  ~Journal() override;

  [[nodiscard]] Result<Stream*> open(std::string_view name) override;
  [[nodiscard]] Result<std::vector<std::string>> list() override;

 private:
  Journal(std::filesystem::path folder, const JournalConfig& config, const Clock& clock,
          int owner_lock)
      : folder_(std::move(folder)), config_(config), clock_(clock), owner_lock_(owner_lock) {}

  const std::filesystem::path folder_;
  const JournalConfig config_;
  const Clock& clock_;
  /// Descriptor that holds the lock; -1 = only looking.
  const int owner_lock_;
  std::mutex mutex_;
  // guarded by mutex_
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace temper::streams
