// Streams in this process's memory: the demo's, the tests' and the simulator's.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "temper/core/clock.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Everything is lost with the object. Blocking members wait on real time; ids and idle times
/// follow `clock`, which must outlive the store.
class MemoryStreams final : public StreamStore {
 public:
  /// Errors: kInvalidArgument for impossible limits.
  static Result<std::unique_ptr<MemoryStreams>> create(
      const StreamLimits& limits, const Clock& clock = system_clock_instance());
  ~MemoryStreams() override;

  [[nodiscard]] Result<Stream*> open(std::string_view name) override;
  [[nodiscard]] Result<std::vector<std::string>> list() override;

 private:
  MemoryStreams(const StreamLimits& limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  const StreamLimits limits_;
  const Clock& clock_;
  std::mutex mutex_;
  // guarded by mutex_
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace temper::streams
