// What the child process `temper host` does: probe one model, or serve one to its parent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "temper/core/clock.h"
#include "temper/core/result.h"

namespace temper::runtime {

/// The child's descriptors, as its parent hands them over.
inline constexpr int kHostChannelFd = 3;

struct HostArguments {
  enum class Task { kProbe, kServe };
  Task task = Task::kProbe;
  std::filesystem::path artifact;
  /// kProbe: the whole probe ends within this time.
  Duration patience = std::chrono::seconds(60);
  int intra_op_threads = 1;
};

/// argv of the child: program, "host", and what `parse_host_arguments` reads.
[[nodiscard]] std::vector<std::string> host_command_line(const std::string& program,
                                                         const HostArguments& arguments);

/// Reads what follows "host". Errors: kInvalidArgument.
[[nodiscard]] Result<HostArguments> parse_host_arguments(const std::vector<std::string>& words);

/// Runs the task to its end; gives the process's exit status. Called once, from main.
int run_host(const HostArguments& arguments);

}  // namespace temper::runtime
