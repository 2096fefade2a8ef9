#include "temper/model/runtime/onnxruntime/deadline_watch.h"

#include <algorithm>

namespace temper::runtime {

DeadlineWatch::DeadlineWatch(const OnnxLibrary& library, const Clock& clock)
    : library_(library),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

DeadlineWatch::~DeadlineWatch() {
  thread_.request_stop();
  thread_.join();
}

DeadlineWatch& DeadlineWatch::instance(const OnnxLibrary& library) {
  static auto* const kWatch = new DeadlineWatch(library);
  return *kWatch;
}

Result<DeadlineWatch::Guard> DeadlineWatch::arm(TimePoint deadline) {
  bool wake = false;
  std::size_t row = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (free_rows_.empty()) {
      OrtRunOptions* options = nullptr;
      TEMPER_TRY_STATUS(onnx_status(library_.api(), library_.api().CreateRunOptions(&options),
                                    OnnxActivity::kRunning));
      rows_.push_back(std::make_unique<Row>());
      rows_.back()->options = OnnxRunOptions(options, {&library_.api()});
      free_rows_.push_back(rows_.size() - 1);
    }
    row = free_rows_.back();
    free_rows_.pop_back();
    rows_[row]->deadline = deadline;
    if (deadline < next_look_) {
      next_look_ = deadline;
      wake = true;
    }
  }
  if (wake) sooner_.notify_one();
  return Guard(this, row);
}

void DeadlineWatch::disarm(std::size_t row) {
  const std::scoped_lock lock(mutex_);
  Row& ended = *rows_[row];
  ended.deadline = kNever;
  if (ended.cut) {
    ended.cut = false;
    // Unsetting a flag cannot fail; were it to, the next run would be cut at once and say so.
    OrtStatus* status = library_.api().RunOptionsUnsetTerminate(ended.options.get());
    if (status != nullptr) library_.api().ReleaseStatus(status);
  }
  free_rows_.push_back(row);
}

TimePoint DeadlineWatch::cut_due_runs(TimePoint now) {
  TimePoint earliest = kNever;
  for (const auto& row : rows_) {
    if (row->deadline <= now) {
      row->cut = true;
      row->deadline = kNever;
      OrtStatus* status = library_.api().RunOptionsSetTerminate(row->options.get());
      if (status != nullptr) library_.api().ReleaseStatus(status);
    }
    earliest = std::min(earliest, row->deadline);
  }
  return earliest;
}

void DeadlineWatch::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    next_look_ = cut_due_runs(clock_.now());
    const TimePoint awaited = next_look_;
    const auto sooner = [this, awaited] { return next_look_ < awaited; };
    if (awaited == kNever) {
      sooner_.wait(lock, stop, sooner);
    } else {
      sooner_.wait_until(lock, stop, awaited, sooner);
    }
  }
}

DeadlineWatch::Guard::~Guard() {
  if (watch_ != nullptr) watch_->disarm(row_);
}

const OrtRunOptions* DeadlineWatch::Guard::options() const {
  const std::scoped_lock lock(watch_->mutex_);
  return watch_->rows_[row_]->options.get();
}

bool DeadlineWatch::Guard::was_cut() const {
  const std::scoped_lock lock(watch_->mutex_);
  return watch_->rows_[row_]->cut;
}

}  // namespace temper::runtime
