#include "temper/gateway/drift/label_join.h"

#include <algorithm>

#include "temper/core/log.h"
#include "temper/model/features/feature_rows.h"

namespace temper::gateway {

std::optional<std::string> answered_class(const record::PredictionRecord& prediction,
                                          std::int64_t row, const registry::OutputRoles& roles) {
  const auto output =
      std::ranges::find(prediction.outputs, roles.label_output, &record::RecordedTensor::name);
  if (roles.label_output.empty() || output == prediction.outputs.end()) return std::nullopt;
  const auto type = parse_data_type(output->datatype);
  if (!type || row < 0) return std::nullopt;
  const Tensor tensor{.datatype = *type,
                      .shape = output->shape,
                      .data = std::as_bytes(std::span(output->bytes)),
                      .owner = nullptr};
  if (row >= tensor.rows() || !check_tensor(tensor, output->name)) return std::nullopt;
  return class_text(tensor, static_cast<std::size_t>(row));
}

LabelJoin::LabelJoin(stores::PredictionStore& store, registry::Registry registry,
                     OnJudged on_judged, metrics::Registry& metrics, const std::string& prefix,
                     const Clock& clock)
    : store_(store),
      registry_(std::move(registry)),
      on_judged_(std::move(on_judged)),
      correct_(metrics.counter(prefix + "_labels_total", "Labels that met their prediction.",
                               {{"outcome", "correct"}})),
      wrong_(metrics.counter(prefix + "_labels_total", "Labels that met their prediction.",
                             {{"outcome", "wrong"}})),
      unmatched_(metrics.counter(prefix + "_labels_unmatched_total",
                                 "Labels without a prediction that they could be compared with.")),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LabelJoin::~LabelJoin() {
  thread_.request_stop();
  thread_.join();
}

void LabelJoin::offer(std::span<const stores::FeedbackRecord> labels) {
  const TimePoint now = clock_.now();
  {
    const std::scoped_lock lock(mutex_);
    for (const stores::FeedbackRecord& label : labels) {
      if (fresh_.size() >= kMostWaiting) {
        unmatched_.add();
        continue;
      }
      fresh_.push_back({.label = label, .since = now});
    }
  }
  offered_.notify_one();
}

void LabelJoin::run(const std::stop_token& stop) {
  std::deque<Waiting> batch;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    offered_.wait_for(lock, stop, kTryAgain, [this] { return !fresh_.empty(); });
    batch.swap(fresh_);
    lock.unlock();
    // Those that waited come first: they are older.
    batch.insert(batch.begin(), std::make_move_iterator(waiting_.begin()),
                 std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    const TimePoint now = clock_.now();
    for (Waiting& each : batch) {
      const Outcome outcome = judge(each.label);
      if (outcome == Outcome::kJudged) continue;
      const bool hopeless = outcome == Outcome::kNoUse || now - each.since > kPatience ||
                            waiting_.size() >= kMostWaiting;
      if (hopeless) {
        unmatched_.add();
      } else {
        waiting_.push_back(std::move(each));
      }
    }
    batch.clear();
    lock.lock();
  }
}

LabelJoin::Outcome LabelJoin::judge(const stores::FeedbackRecord& label) {
  const auto prediction = store_.find_prediction(label.prediction_id);
  if (!prediction || !*prediction) return Outcome::kNoPrediction;
  const record::PredictionRecord& record = **prediction;
  const registry::VersionRecord* const known =
      version(record.model, static_cast<int>(record.version));
  if (known == nullptr) return Outcome::kNoUse;
  const auto answered = answered_class(record, label.row, known->roles);
  if (!answered) return Outcome::kNoUse;
  if (!first_time(label)) return Outcome::kJudged;
  const bool correct = *answered == label.label;
  (correct ? correct_ : wrong_).add();
  on_judged_({.model = record.model,
              .version = static_cast<int>(record.version),
              .event_time_ns = record.event_time_ns,
              .correct = correct});
  return Outcome::kJudged;
}

const registry::VersionRecord* LabelJoin::version(const std::string& model, int number) {
  const auto [found, is_new] = versions_.try_emplace({model, number});
  if (is_new) {
    if (auto record = registry_.version(model, number)) found->second = std::move(*record);
  }
  return found->second ? &*found->second : nullptr;
}

bool LabelJoin::first_time(const stores::FeedbackRecord& label) {
  if (!judged_.emplace(label.prediction_id, label.row).second) return false;
  judged_order_.emplace_back(label.prediction_id, label.row);
  if (judged_order_.size() > kMostRemembered) {
    judged_.erase(judged_order_.front());
    judged_order_.pop_front();
  }
  return true;
}

}  // namespace temper::gateway
