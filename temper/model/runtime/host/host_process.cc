#include "temper/model/runtime/host/host_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "temper/model/runtime/host/futex.h"
#include "temper/model/runtime/host/host_main.h"
#include "temper/model/runtime/host/memory_limit.h"
#include "temper/model/runtime/host/slot_turn.h"
#include "temper/model/runtime/host/tensor_block.h"
#include "temper/model/runtime/signature_json.h"

namespace temper::runtime {
namespace {

/// How often a parent that waits for a load looks whether its child still lives, and whether to
/// stop.
constexpr Duration kLoadGlance = std::chrono::milliseconds(20);

/// The error that a child reports; any code of ours it may have made up is taken for kInternal.
Error reported_error(const BlockContent& answer) {
  const auto code = static_cast<ErrorCode>(answer.error_code);
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kNotFound:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kFailedPrecondition:
      return Error{.code = code, .message = answer.text, .retry_after_ms = 0};
    default:
      return Error{.code = ErrorCode::kInternal, .message = answer.text, .retry_after_ms = 0};
  }
}

/// The deadline by which the child must have answered; kNever stays so.
TimePoint with_grace(TimePoint deadline, Duration grace) {
  return deadline >= kNever - grace ? kNever : deadline + grace;
}

std::size_t total_bytes(std::span<const Tensor> tensors) {
  std::size_t total = 0;
  for (const Tensor& tensor : tensors) total += tensor.data.size();
  return total;
}

}  // namespace

Result<std::shared_ptr<HostProcess>> HostProcess::start(const HostConfig& config,
                                                        const LoadOptions& options,
                                                        const std::stop_token& stop) {
  const auto slots = static_cast<std::size_t>(config.slots);
  TEMPER_TRY(SharedSlots shared, SharedSlots::create(slots, config.slot_bytes));
  const std::string program = config.program.empty() ? own_program_path() : config.program;
  const ChildSpec spec{
      .argv = host_command_line(program, {.task = HostArguments::Task::kServe,
                                          .artifact = std::filesystem::absolute(options.artifact),
                                          .patience = config.load_patience,
                                          .intra_op_threads = options.intra_op_threads}),
      .limits = {.memory_bytes = enforceable_memory_limit(config.memory_bytes),
                 .cpu_seconds = 0,
                 .cpus = config.cpus,
                 .nice = 0},
      .inherit = {shared.fd()},
      .output_file = std::nullopt};
  TEMPER_TRY(ChildProcess child, ChildProcess::spawn(spec));
  std::shared_ptr<HostProcess> host(new HostProcess(config, std::move(shared), std::move(child)));
  TEMPER_TRY_STATUS(host->await_load(stop, system_clock_instance()));
  for (std::size_t k = 0; k < slots; ++k) host->free_slots_.push_back(slots - 1 - k);
  return host;
}

Status HostProcess::await_load(const std::stop_token& stop, const Clock& clock) {
  constexpr auto kStarting = static_cast<std::uint32_t>(HostState::kStarting);
  const std::atomic<std::uint32_t>& state = shared_.control().state;
  const TimePoint deadline = clock.now() + config_.load_patience;
  while (state.load() == kStarting) {
    const TimePoint now = clock.now();
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while loading");
    if (now >= deadline) {
      return fail(
          ErrorCode::kDeadlineExceeded, "the model was not loaded within {} ms",
          std::chrono::duration_cast<std::chrono::milliseconds>(config_.load_patience).count());
    }
    futex_wait(state, kStarting, std::min(deadline, now + kLoadGlance));
    if (state.load() != kStarting) break;
    if (const auto exit = child_.wait(Duration{0})) {
      return fail(ErrorCode::kInvalidArgument, "its host ended by {} while loading it",
                  exit->to_string());
    }
  }
  TEMPER_TRY(const BlockContent answer, read_block(shared_.room(0), BlockTrust::kCopy));
  if (answer.error_code != 0) return std::unexpected(reported_error(answer));
  if (answer.tensors.size() != 1) return fail(ErrorCode::kInternal, "the host gave no signature");
  const auto json = answer.tensors[0].data;
  TEMPER_TRY(signature_,
             parse_signature({reinterpret_cast<const char*>(json.data()), json.size()}));
  return {};
}

Result<std::size_t> HostProcess::acquire_slot(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return dead_.load() || !free_slots_.empty(); };
  if (deadline == kNever) {
    slot_freed_.wait(lock, ready);
  } else if (!slot_freed_.wait_until(lock, deadline, ready)) {
    return fail(ErrorCode::kDeadlineExceeded, "no slot of the host was free before the deadline");
  }
  if (dead_.load()) {
    lock.unlock();
    return dead_error();
  }
  const std::size_t index = free_slots_.back();
  free_slots_.pop_back();
  return index;
}

void HostProcess::release_slot(std::size_t index, std::size_t used_bytes) {
  if (!dead_.load()) shared_.release_room(index, used_bytes);
  {
    const std::scoped_lock lock(mutex_);
    free_slots_.push_back(index);
  }
  slot_freed_.notify_one();
}

Result<std::vector<Tensor>> HostProcess::run(const RunRequest& request) {
  const Clock& clock = system_clock_instance();
  TEMPER_TRY(const std::size_t index, acquire_slot(request.deadline));
  Slot slot(*this, index);
  SlotControl& control = shared_.slot(index);
  TEMPER_TRY(const std::size_t written,
             write_block(shared_.room(index), {.error_code = 0,
                                               .deadline = request.deadline,
                                               .tensors = request.inputs,
                                               .outputs = request.outputs,
                                               .text = {}}));
  slot.used(written);
  pass_turn(control, Side::kParent, Turn::kRequest);
  // After the turn, as `bury` marks before it looks at turns: one of the two sees the other.
  if (dead_.load()) return dead_error();
  const Turn turn = await_turn(control, Side::kParent, Turn::kRequest,
                               with_grace(request.deadline, config_.grace), clock);
  switch (turn) {
    case Turn::kAnswer:
      return read_answer(slot, request.outputs.size());
    case Turn::kRequest:
      kill();
      return fail(ErrorCode::kDeadlineExceeded,
                  "the run could not be cut at its deadline; its host was killed");
    case Turn::kDead:
      return dead_error();
    default:
      kill();
      return fail(ErrorCode::kInternal, "the host broke its protocol and was killed");
  }
}

Result<std::vector<Tensor>> HostProcess::read_answer(Slot& slot, std::size_t outputs_asked_for) {
  auto answer = read_block(shared_.room(slot.index()), BlockTrust::kCopy);
  if (!answer || (answer->error_code == 0 && answer->tensors.size() != outputs_asked_for)) {
    // No honest child writes such an answer, so this one is no longer ours.
    kill();
    return fail(ErrorCode::kInternal, "the host's answer was damaged, it was killed: {}",
                answer ? "number of outputs" : answer.error().message);
  }
  if (answer->error_code != 0) return std::unexpected(reported_error(*answer));
  slot.used(total_bytes(answer->tensors));
  return std::move(answer->tensors);
}

void HostProcess::kill() const {
  // glibc's own wrapper is declared without C linkage in 2.36.
  ::syscall(SYS_pidfd_send_signal, child_.pidfd(), SIGKILL, nullptr, 0);
}

std::unexpected<Error> HostProcess::dead_error() const {
  const std::scoped_lock lock(mutex_);
  Error error{.code = ErrorCode::kUnavailable,
              .message = "the model's host died" + (death_.empty() ? std::string() : ": " + death_),
              .retry_after_ms = static_cast<int>(
                  std::chrono::duration_cast<std::chrono::milliseconds>(config_.first_restart_delay)
                      .count())};
  return std::unexpected(std::move(error));
}

ChildExit HostProcess::bury() {
  const auto exit = child_.wait(std::chrono::seconds(1)).value_or(ChildExit{});
  {
    const std::scoped_lock lock(mutex_);
    death_ = exit.to_string();
    dead_.store(true);
  }
  slot_freed_.notify_all();
  for (std::size_t k = 0; k < shared_.slots(); ++k) {
    SlotControl& slot = shared_.slot(k);
    auto waiting = static_cast<std::uint32_t>(Turn::kRequest);
    slot.turn.compare_exchange_strong(waiting, static_cast<std::uint32_t>(Turn::kDead));
    futex_wake_all(slot.turn);
  }
  return exit;
}

}  // namespace temper::runtime
