// The child's half of `probe`: runs the model and says line by line how far it has come.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "temper/core/clock.h"
#include "temper/core/result.h"
#include "temper/model/runtime/probe.h"

namespace temper::runtime {

struct ProbeHooks {
  /// Called before each stage with what is about to happen ("loading"); should the process die, the
  /// last one says where.
  std::function<void(std::string_view)> note_stage;
  /// Called once nothing more has to be opened.
  std::function<void()> on_loaded;
};

/// Loads, warms up, measures. Errors: as `probe`'s, but for those of a dying process.
[[nodiscard]] Result<ProbeReport> probe_here(const std::filesystem::path& artifact,
                                             TimePoint deadline, const ProbeHooks& hooks,
                                             const Clock& clock = system_clock_instance());

}  // namespace temper::runtime
