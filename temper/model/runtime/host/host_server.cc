#include "temper/model/runtime/host/host_server.h"

#include <new>
#include <thread>
#include <vector>

#include "temper/core/check.h"
#include "temper/model/runtime/host/futex.h"
#include "temper/model/runtime/host/sandbox.h"
#include "temper/model/runtime/host/shared_slots.h"
#include "temper/model/runtime/host/slot_turn.h"
#include "temper/model/runtime/host/tensor_block.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"
#include "temper/model/runtime/signature_json.h"

namespace temper::runtime {
namespace {

/// Writes over the request: a run's outputs never lie in its inputs. An answer that does not fit is
/// replaced by the reason, which always does, as a slot has 64 KiB or more.
void write_answer(std::span<std::byte> room, const Result<std::vector<Tensor>>& answer) {
  Error error;
  if (answer) {
    const auto written = write_block(
        room, {.error_code = 0, .deadline = kNever, .tensors = *answer, .outputs = {}, .text = {}});
    if (written) return;
    error = written.error();
  } else {
    error = answer.error();
  }
  const auto written = write_block(room, {.error_code = static_cast<std::uint32_t>(error.code),
                                          .deadline = kNever,
                                          .tensors = {},
                                          .outputs = {},
                                          .text = error.message});
  TEMPER_CHECK(written.has_value());
}

Result<std::vector<Tensor>> answer_request(std::span<const std::byte> room, Instance& instance) {
  try {
    TEMPER_TRY(const BlockContent request, read_block(room, BlockTrust::kView));
    return instance.run(
        {.inputs = request.tensors, .outputs = request.outputs, .deadline = request.deadline});
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kResourceExhausted, "no memory for the tables of a run");
  }
}

[[noreturn]] void serve_slot(const SharedSlots& shared, std::size_t index, Instance& instance) {
  const Clock& clock = system_clock_instance();
  SlotControl& slot = shared.slot(index);
  for (;;) {
    auto turn = static_cast<Turn>(slot.turn.load());
    while (turn != Turn::kRequest) turn = await_turn(slot, Side::kChild, turn, kNever, clock);
    write_answer(shared.room(index), answer_request(shared.room(index), instance));
    pass_turn(slot, Side::kChild, Turn::kAnswer);
  }
}

void announce(const SharedSlots& shared, HostState state) {
  shared.control().state.store(static_cast<std::uint32_t>(state));
  futex_wake_all(shared.control().state);
}

Result<std::unique_ptr<Instance>> load_model(const HostArguments& arguments) {
  try {
    TEMPER_TRY(const auto runtime, create_onnxruntime());
    return runtime->load(
        {.artifact = arguments.artifact, .intra_op_threads = arguments.intra_op_threads});
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kResourceExhausted, "no memory to load the model");
  }
}

/// The signature travels as an answer with one tensor: its JSON.
std::vector<Tensor> signature_tensor(const Signature& signature) {
  const std::string json = to_json(signature);
  return {Tensor::copy_of(DataType::kUint8, {static_cast<std::int64_t>(json.size())},
                          std::as_bytes(std::span(json)))};
}

}  // namespace

int serve_host(const HostArguments& arguments) {
  const auto shared = SharedSlots::open(kHostChannelFd);
  if (!shared) return 1;
  const auto instance = load_model(arguments);
  if (!instance) {
    write_answer(shared->room(0), std::unexpected(instance.error()));
    announce(*shared, HostState::kFailed);
    return 1;
  }
  close_files();
  write_answer(shared->room(0), signature_tensor((*instance)->signature()));
  announce(*shared, HostState::kReady);
  std::vector<std::jthread> threads;
  for (std::size_t k = 1; k < shared->slots(); ++k) {
    threads.emplace_back([&shared, &instance, k] { serve_slot(*shared, k, **instance); });
  }
  serve_slot(*shared, 0, **instance);
}

}  // namespace temper::runtime
