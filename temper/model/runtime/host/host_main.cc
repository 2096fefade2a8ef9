#include "temper/model/runtime/host/host_main.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "temper/model/runtime/host/host_server.h"
#include "temper/model/runtime/host/sandbox.h"
#include "temper/model/runtime/probe_child.h"
#include "temper/model/runtime/probe_lines.h"

namespace temper::runtime {
namespace {

constexpr std::string_view kProbe = "probe";
constexpr std::string_view kServe = "serve";

/// Writes the whole of `text`, or gives up: with the parent gone there is nobody to tell.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

int run_probe(const HostArguments& arguments) {
  const auto note_stage = [](std::string_view stage) {
    write_all(kHostChannelFd, stage_line(stage));
  };
  const TimePoint deadline = system_clock_instance().now() + arguments.patience;
  auto verdict = probe_here(arguments.artifact, deadline, {note_stage, close_files});
  if (!verdict && verdict.error().code == ErrorCode::kDeadlineExceeded) {
    verdict.error().message = fmt::format(
        "the model was not done within {} ms",
        std::chrono::duration_cast<std::chrono::milliseconds>(arguments.patience).count());
  }
  if (!verdict && verdict.error().code == ErrorCode::kResourceExhausted) {
    verdict = with_context(verdict.error(), "the model asks for more memory than it may have");
  }
  write_all(kHostChannelFd, verdict_line(verdict));
  // Nothing is left to be done in order: tearing an engine down would only take time.
  ::_exit(0);
}

Result<std::int64_t> parse_number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 0) {
    return fail(ErrorCode::kInvalidArgument, "host: '{}' is no number", word);
  }
  return value;
}

}  // namespace

std::vector<std::string> host_command_line(const std::string& program,
                                           const HostArguments& arguments) {
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(arguments.patience);
  return {program,
          "host",
          std::string(arguments.task == HostArguments::Task::kProbe ? kProbe : kServe),
          arguments.artifact.string(),
          std::to_string(patience.count()),
          std::to_string(arguments.intra_op_threads)};
}

Result<HostArguments> parse_host_arguments(const std::vector<std::string>& words) {
  if (words.size() != 4 || (words[0] != kProbe && words[0] != kServe)) {
    return fail(
        ErrorCode::kInvalidArgument,
        "host: expected 'probe' or 'serve', ARTIFACT, PATIENCE_MS, THREADS; it is started by "
        "other commands, not by hand");
  }
  TEMPER_TRY(const std::int64_t patience_ms, parse_number(words[2]));
  TEMPER_TRY(const std::int64_t threads, parse_number(words[3]));
  return HostArguments{
      .task = words[0] == kProbe ? HostArguments::Task::kProbe : HostArguments::Task::kServe,
      .artifact = words[1],
      .patience = std::chrono::milliseconds(patience_ms),
      .intra_op_threads = static_cast<int>(threads)};
}

int run_host(const HostArguments& arguments) {
  enter_sandbox();
  if (arguments.task == HostArguments::Task::kProbe) return run_probe(arguments);
  return serve_host(arguments);
}

}  // namespace temper::runtime
