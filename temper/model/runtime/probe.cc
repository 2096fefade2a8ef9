#include "temper/model/runtime/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "temper/core/child_process.h"
#include "temper/model/runtime/host/descriptor.h"
#include "temper/model/runtime/host/host_main.h"
#include "temper/model/runtime/host/memory_limit.h"
#include "temper/model/runtime/probe_lines.h"

namespace temper::runtime {
namespace {

/// What the child may write in all; a report is a few kilobytes.
constexpr std::size_t kMaxTextBytes = std::size_t{4} << 20;
/// The child ends itself at its patience; the parent kills it only when it does not.
constexpr Duration kGrace = std::chrono::seconds(2);

/// Everything the child writes until it closes its end, or `deadline`.
std::string read_until(int fd, TimePoint deadline, const Clock& clock) {
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() < kMaxTextBytes) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now());
    if (left.count() <= 0) break;
    pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready =
        ::poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000)));
    if (ready < 0 && errno != EINTR) break;
    if (ready <= 0) continue;
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) break;
    if (got > 0) text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::unexpected<Error> child_ended(const ChildExit& exit, const std::string& stage) {
  const std::string when = stage.empty() ? "starting" : stage;
  // Glibc and ONNX Runtime's own threads abort where an allocation fails that nothing catches.
  if (exit.signalled && exit.code == SIGABRT) {
    return fail(ErrorCode::kInvalidArgument,
                "the model ended its process by {} while {} (out of memory, or a fault of its own)",
                exit.to_string(), when);
  }
  return fail(ErrorCode::kInvalidArgument, "the model ended its process by {} while {}",
              exit.to_string(), when);
}

}  // namespace

Result<ProbeReport> probe(const std::filesystem::path& artifact, const ProbeLimits& limits) {
  const Clock& clock = system_clock_instance();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(artifact, ignored)) {
    return fail(ErrorCode::kNotFound, "no file '{}'", artifact.string());
  }
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::kInternal, "no pipe for the probe");
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const std::string program = limits.program.empty() ? own_program_path() : limits.program;
  const HostArguments arguments{.task = HostArguments::Task::kProbe,
                                .artifact = std::filesystem::absolute(artifact),
                                .patience = limits.patience,
                                .intra_op_threads = 1};
  ChildSpec spec{.argv = host_command_line(program, arguments),
                 .limits = {.memory_bytes = enforceable_memory_limit(limits.memory_bytes)},
                 .inherit = {writer.get()},
                 .output_file = std::nullopt};
  TEMPER_TRY(ChildProcess child, ChildProcess::spawn(spec));
  writer.close();
  const std::string text = read_until(reader.get(), clock.now() + limits.patience + kGrace, clock);
  const ProbeLines lines = read_probe_lines(text);
  if (lines.verdict) return *lines.verdict;
  const auto exit = child.wait(std::chrono::milliseconds(100));
  if (exit) return child_ended(*exit, lines.stage);
  child.kill();
  return fail(ErrorCode::kDeadlineExceeded, "the model was not done within {} ms while {}",
              std::chrono::duration_cast<std::chrono::milliseconds>(limits.patience).count(),
              lines.stage.empty() ? "starting" : lines.stage);
}

}  // namespace temper::runtime
