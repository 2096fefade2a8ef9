#include "temper/model/batching/executor.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "temper/core/check.h"
#include "temper/model/batching/assembly.h"

namespace temper::batching {
namespace {

constexpr std::int64_t kExactBatchRows = 256;

BatchingConfig with_instances(BatchingConfig config, const std::vector<InstanceSlots>& instances) {
  config.instances = 0;
  for (const InstanceSlots& each : instances) config.instances += each.slots;
  return config;
}

std::uint64_t ns(Duration duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
}

Error expired_error(const Work& work, TimePoint now, std::string_view where) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - work.arrival);
  return {.code = ErrorCode::kDeadlineExceeded,
          .message = fmt::format("deadline passed {}, {} ms after arrival", where, ms.count())};
}

Error full_error(std::size_t requests, std::int64_t rows, Duration retry_after) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(retry_after);
  return {.code = ErrorCode::kResourceExhausted,
          .message = fmt::format("the model's queue is full: {} requests with {} rows wait",
                                 requests, rows),
          .retry_after_ms = static_cast<int>(ms.count())};
}

/// Whether a shared run's failure may be the doing of one member's values.
bool may_be_one_members_fault(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kInternal ||
         code == ErrorCode::kResourceExhausted;
}

bool all_can_share(std::span<const Work> members) {
  return std::ranges::all_of(members.subspan(1),
                             [&](const Work& member) { return can_share(members[0], member); });
}

TimePoint latest_deadline(std::span<const Work> members) {
  TimePoint latest = members[0].deadline;
  for (const Work& member : members) latest = std::max(latest, member.deadline);
  return latest;
}

/// One run for all members; the outputs of each, in its order.
Result<std::vector<std::vector<Tensor>>> run_shared(runtime::Instance& instance,
                                                    std::span<const Work> members) {
  if (members.size() == 1) {
    const Work& only = members[0];
    TEMPER_TRY(
        std::vector<Tensor> outputs,
        instance.run({.inputs = only.inputs, .outputs = only.outputs, .deadline = only.deadline}));
    std::vector<std::vector<Tensor>> parts;
    parts.push_back(std::move(outputs));
    return parts;
  }
  if (!all_can_share(members)) {
    return fail(ErrorCode::kInternal, "shapes of different groups in one batch");
  }
  const std::vector<Tensor> inputs = join_inputs(members);
  const std::vector<std::size_t> outputs = union_of_outputs(members);
  TEMPER_TRY(
      const std::vector<Tensor> answer,
      instance.run({.inputs = inputs, .outputs = outputs, .deadline = latest_deadline(members)}));
  return split_outputs(members, outputs, answer);
}

}  // namespace

// Why no wake-up is lost. Call the state *open* when the queue has a runnable batch and a permit is
// idle. All of it is read and written under mutex_. It becomes open by
//   - submit: which then notifies work_ready_;
//   - enqueue: whose caller promised run_pending, which takes the batch unless somebody else has;
//   - release of a permit: the releasing thread, still under the same lock, either takes the batch
//     or notifies work_ready_;
//   - the end of a hold: while a permit is idle the timekeeper sleeps no longer than the earliest
//     one (arm_hold, wherever a permit, a request or a batch came or went), and notifies.
// There are as many serving threads as permits, and a thread holds at most one permit, so while a
// permit is idle at least one serving thread holds none: it is waiting on work_ready_ and gets the
// notification, or it is about to check the state under the lock.

Executor::Executor(const ExecutorConfig& config, std::vector<InstanceSlots> instances,
                   const Clock& clock)
    : config_(config),
      instances_(std::move(instances)),
      clock_(clock),
      expected_run_ns_(config.measured_run.count()),
      queue_(with_instances(config.batching, instances_)) {
  if (config_.measured_run > Duration{0}) queue_.learn(1, config_.measured_run);
  for (const InstanceSlots& each : instances_) {
    in_process_ = in_process_ && each.in_process;
    for (int slot = 0; slot < each.slots; ++slot) {
      permits_.push_back(std::make_unique<Permit>());
      permits_.back()->instance = each.instance.get();
      idle_.push_back(permits_.back().get());
    }
  }
  timekeeper_ = std::jthread([this](const std::stop_token& stop) { keep_time(stop); });
  std::latch waiting(static_cast<std::ptrdiff_t>(permits_.size()));
  for (std::size_t k = 0; k < permits_.size(); ++k) {
    threads_.emplace_back([this, &waiting](const std::stop_token& stop) { serve(stop, waiting); });
  }
  // A thread that came up later would take what its caller promised to run itself.
  waiting.wait();
}

Executor::~Executor() { stop(); }

Ticket Executor::submit(Work work) { return admit(std::move(work), true); }

Ticket Executor::enqueue(Work work) { return admit(std::move(work), false); }

Ticket Executor::admit(Work work, bool wake) {
  Entry entry{.rows = work.rows,
              .priority = work.priority,
              .arrival = work.arrival,
              .deadline = work.deadline,
              .group = group_key(work),
              .batchable = config_.batchable};
  Error refusal;
  {
    const std::scoped_lock lock(mutex_);
    if (accepting_) {
      const bool reuse = !free_works_.empty();
      entry.id = reuse ? free_works_.back() : works_.size();
      if (const auto ticket = queue_.enqueue(entry)) {
        if (reuse) {
          free_works_.pop_back();
          works_[entry.id] = std::move(work);
        } else {
          works_.push_back(std::move(work));
        }
        if (wake && !idle_.empty()) work_ready_.notify_one();
        arm_timer(entry.deadline);
        arm_hold();
        return *ticket;
      } else {
        ++stats_.rejected;
        refusal =
            full_error(queue_.queued_requests(), queue_.queued_rows(), ticket.error().retry_after);
      }
    } else {
      refusal = {.code = ErrorCode::kUnavailable,
                 .message = "this version is being unloaded and takes no new requests"};
    }
  }
  work.done(std::unexpected(std::move(refusal)));
  return {};
}

bool Executor::prefers_inline() const {
  const std::int64_t expected = expected_run_ns_.load(std::memory_order_relaxed);
  return in_process_ && expected > 0 && expected < config_.inline_below.count();
}

bool Executor::runnable() const { return !idle_.empty() && queue_.runnable(clock_.now()); }

Executor::Permit* Executor::take_batch(std::unique_lock<std::mutex>& lock) {
  if (idle_.empty() || queue_.empty()) return nullptr;
  TimePoint now = clock_.now();
  if (queue_.next_deadline() <= now) {
    expire(lock, now);
    // The lock was given up meanwhile.
    if (idle_.empty() || queue_.empty()) return nullptr;
    now = clock_.now();
    // Seldom: more expired while those were answered. The state is still open, so the caller comes
    // back or wakes another.
    if (queue_.next_deadline() <= now) return nullptr;
  }
  ids_.clear();
  const std::int64_t rows = queue_.next_batch(now, ids_);
  if (rows == 0) return nullptr;  // held back
  Permit* const permit = idle_.back();
  idle_.pop_back();
  permit->taken = now;
  permit->rows = rows;
  for (const std::uint64_t id : ids_) {
    permit->members.push_back(std::move(works_[id]));
    free_works_.push_back(id);
  }
  // What is left may start at once on another instance.
  if (!idle_.empty() && queue_.runnable(now)) work_ready_.notify_one();
  arm_hold();
  return permit;
}

void Executor::release(Permit* permit) {
  idle_.push_back(permit);
  queue_.finished(permit->rows);
  arm_hold();
  if (drained()) drained_.notify_all();
}

void Executor::run_pending() {
  std::unique_lock lock(mutex_);
  Permit* permit = take_batch(lock);
  for (int batch = 1; permit != nullptr; ++batch) {
    lock.unlock();
    execute(*permit);
    lock.lock();
    deliver(lock, *permit);
    release(permit);
    permit = batch < kInlineBatches ? take_batch(lock) : nullptr;
  }
  if (runnable()) work_ready_.notify_one();
}

void Executor::serve(const std::stop_token& stop, std::latch& waiting) {
  std::unique_lock lock(mutex_);
  waiting.count_down();
  while (work_ready_.wait(lock, stop, [this] { return runnable(); })) {
    Permit* const permit = take_batch(lock);
    if (permit == nullptr) continue;
    lock.unlock();
    execute(*permit);
    lock.lock();
    deliver(lock, *permit);
    release(permit);
  }
}

void Executor::execute(Permit& permit) const {
  permit.results.clear();
  permit.results.resize(permit.members.size());
  permit.runs.clear();
  permit.split_runs = 0;
  run_members(permit, 0, permit.members.size());
}

void Executor::run_members(Permit& permit, std::size_t first, std::size_t count) const {
  const std::span<const Work> members = std::span(permit.members).subspan(first, count);
  // The first attempt begins when the batch left the queue: joining rows is part of the run.
  const TimePoint start = count == permit.members.size() ? permit.taken : clock_.now();
  auto parts = run_shared(*permit.instance, members);
  if (!parts && count > 1 && may_be_one_members_fault(parts.error().code)) {
    ++permit.split_runs;
    run_members(permit, first, count / 2);
    run_members(permit, first + count / 2, count - count / 2);
    return;
  }
  if (!parts) {
    std::fill_n(permit.results.begin() + static_cast<std::ptrdiff_t>(first), count,
                std::unexpected(parts.error()));
    return;
  }
  Run run{.computed = clock_.now() - start};
  for (const Work& member : members) run.rows += member.rows;
  for (std::size_t m = 0; m < count; ++m) {
    Answer& answer = *permit.results[first + m];
    answer.outputs = std::move((*parts)[m]);
    answer.queued = start - members[m].arrival;
    answer.computed = run.computed;
    answer.batch_rows = run.rows;
  }
  permit.runs.push_back(run);
}

void Executor::account(Permit& permit, TimePoint now) {
  for (std::size_t m = 0; m < permit.members.size(); ++m) {
    const Work& member = permit.members[m];
    if (!member.done) continue;  // answered by `expire` while the run went on
    Result<Answer>& result = permit.results[m];
    if (result && now > member.deadline) {
      result = std::unexpected(expired_error(member, now, "during the run"));
    }
    if (result) {
      ++stats_.succeeded;
      stats_.rows += static_cast<std::uint64_t>(member.rows);
      stats_.success_ns += ns(now - member.arrival);
      stats_.queue_ns += ns(result->queued);
      stats_.compute_ns += ns(result->computed);
    } else {
      ++stats_.failed;
      stats_.failure_ns += ns(now - member.arrival);
      if (result.error().code == ErrorCode::kDeadlineExceeded) ++stats_.expired;
    }
  }
  for (const Run& run : permit.runs) {
    ++stats_.runs;
    const auto rows = static_cast<std::uint64_t>(run.rows);
    BatchStats& batch =
        stats_
            .batches[run.rows <= kExactBatchRows ? run.rows
                                                 : static_cast<std::int64_t>(std::bit_ceil(rows))];
    ++batch.runs;
    batch.compute_ns += ns(run.computed);
    queue_.learn(run.rows, run.computed);
  }
  stats_.split_runs += permit.split_runs;
  if (const auto expected = queue_.expected_run()) {
    expected_run_ns_.store(expected->count(), std::memory_order_relaxed);
  }
}

void Executor::deliver(std::unique_lock<std::mutex>& lock, Permit& permit) {
  account(permit, clock_.now());
  // Out of the permit, so that `expire` sees none of them any more.
  std::vector<Work> members;
  members.swap(permit.members);
  lock.unlock();
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (members[m].done) members[m].done(std::move(permit.results[m]));
  }
  members.clear();
  permit.results.clear();
  lock.lock();
  permit.members.swap(members);  // keeps the room
}

void Executor::expire(std::unique_lock<std::mutex>& lock, TimePoint now) {
  ids_.clear();
  queue_.take_expired(now, ids_);
  std::vector<Work> late;
  for (const std::uint64_t id : ids_) {
    late.push_back(std::move(works_[id]));
    free_works_.push_back(id);
  }
  const std::size_t unrun = late.size();
  for (const auto& permit : permits_) {
    for (Work& member : permit->members) {
      if (!member.done || member.deadline > now) continue;
      // The run goes on for the other members and still reads the inputs: only `done` is taken.
      Work answered;
      answered.arrival = member.arrival;
      answered.done = std::exchange(member.done, nullptr);
      late.push_back(std::move(answered));
    }
  }
  if (late.empty()) return;
  for (const Work& work : late) stats_.failure_ns += ns(now - work.arrival);
  stats_.failed += late.size();
  stats_.expired += late.size();
  ++delivering_;
  lock.unlock();
  for (std::size_t k = 0; k < late.size(); ++k) {
    const std::string_view where = k < unrun ? "in the queue" : "during the run";
    late[k].done(std::unexpected(expired_error(late[k], now, where)));
  }
  late.clear();
  lock.lock();
  --delivering_;
  if (drained()) drained_.notify_all();
}

TimePoint Executor::next_event(TimePoint now) const {
  TimePoint next = queue_.next_deadline();
  // A hold that is over, or that no idle permit could use, waits for a permit and not for time.
  if (const TimePoint held = queue_.held_until(); held > now && !idle_.empty()) {
    next = std::min(next, held);
  }
  for (const auto& permit : permits_) {
    for (const Work& member : permit->members) {
      if (member.done) next = std::min(next, member.deadline);
    }
  }
  return next;
}

void Executor::arm_timer(TimePoint event) {
  if (event >= timer_target_) return;
  timer_target_ = event;
  timer_.notify_one();
}

void Executor::arm_hold() {
  if (!idle_.empty()) arm_timer(queue_.held_until());
}

void Executor::keep_time(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    expire(lock, clock_.now());
    const TimePoint now = clock_.now();
    if (queue_.held_until() <= now && !idle_.empty()) work_ready_.notify_one();
    // Deadlines lie mostly in the order of arrival, so a new request seldom moves the target and
    // this thread sleeps through most of them.
    const TimePoint target = next_event(now);
    timer_target_ = target;
    const auto moved = [&] { return timer_target_ != target; };
    if (target == kNever) {
      timer_.wait(lock, stop, moved);
    } else {
      timer_.wait_for(lock, stop, target - now, moved);
    }
  }
}

bool Executor::cancel(const Ticket& ticket) {
  std::unique_lock lock(mutex_);
  const auto id = queue_.cancel(ticket);
  if (!id) return false;
  Work work = std::move(works_[*id]);
  free_works_.push_back(*id);
  ++delivering_;
  lock.unlock();
  work.done(fail(ErrorCode::kCancelled, "cancelled by its caller"));
  lock.lock();
  --delivering_;
  if (drained()) drained_.notify_all();
  return true;
}

bool Executor::drained() const {
  return !accepting_ && queue_.empty() && idle_.size() == permits_.size() && delivering_ == 0;
}

void Executor::drain() {
  std::unique_lock lock(mutex_);
  accepting_ = false;
  // Work that was only promised a `run_pending` is now ours.
  work_ready_.notify_all();
  drained_.wait(lock, [this] { return drained(); });
}

void Executor::stop() {
  drain();
  threads_.clear();
  timekeeper_ = {};
}

ExecutorStats Executor::stats() const {
  const std::scoped_lock lock(mutex_);
  ExecutorStats stats = stats_;
  stats.queued_requests = queue_.queued_requests();
  stats.queued_rows = queue_.queued_rows();
  return stats;
}

}  // namespace temper::batching
