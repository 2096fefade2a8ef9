// Labels meet their predictions: was the answer right? Feeds the concept side of drift detection.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "temper/core/clock.h"
#include "temper/core/metrics.h"
#include "temper/model/registry/registry.h"
#include "temper/record/stores/stores.h"

namespace temper::gateway {

/// The class or value that a recorded row answered, by the version's roles; empty where the record
/// lacks that output or the roles name none.
[[nodiscard]] std::optional<std::string> answered_class(const record::PredictionRecord& prediction,
                                                        std::int64_t row,
                                                        const registry::OutputRoles& roles);

struct JudgedRow {
  std::string model;
  int version = 0;
  std::int64_t event_time_ns = 0;
  bool correct = false;
};

/// Late, out of order, twice: a label waits for its prediction, which may still be on its way to
/// the store, and each row of a prediction is judged once, by the first label.
class LabelJoin {
 public:
  using OnJudged = std::function<void(const JudgedRow&)>;
  /// Labels that wait for their prediction, and rows remembered as judged.
  static constexpr std::size_t kMostWaiting = 100'000;
  static constexpr std::size_t kMostRemembered = 500'000;

  /// `on_judged` is called on the join's thread. All that is passed must outlive it.
  LabelJoin(stores::PredictionStore& store, registry::Registry registry, OnJudged on_judged,
            metrics::Registry& metrics, const std::string& prefix, const Clock& clock);
  ~LabelJoin();
  LabelJoin(const LabelJoin&) = delete;
  LabelJoin& operator=(const LabelJoin&) = delete;

  /// From any thread; never waits.
  void offer(std::span<const stores::FeedbackRecord> labels);

 private:
  struct Waiting {
    stores::FeedbackRecord label;
    TimePoint since;
  };
  enum class Outcome { kJudged, kNoPrediction, kNoUse };

  void run(const std::stop_token& stop);
  [[nodiscard]] Outcome judge(const stores::FeedbackRecord& label);
  [[nodiscard]] const registry::VersionRecord* version(const std::string& model, int number);
  [[nodiscard]] bool first_time(const stores::FeedbackRecord& label);

  static constexpr Duration kTryAgain = std::chrono::milliseconds(500);
  static constexpr Duration kPatience = std::chrono::minutes(10);

  stores::PredictionStore& store_;
  const registry::Registry registry_;
  const OnJudged on_judged_;
  metrics::Counter& correct_;
  metrics::Counter& wrong_;
  metrics::Counter& unmatched_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable_any offered_;
  // guarded by mutex_
  std::deque<Waiting> fresh_;

  // touched by the thread only
  std::deque<Waiting> waiting_;
  std::map<std::pair<std::string, int>, std::optional<registry::VersionRecord>> versions_;
  std::set<std::pair<std::string, std::int64_t>> judged_;
  std::deque<std::pair<std::string, std::int64_t>> judged_order_;

  std::jthread thread_;
};

}  // namespace temper::gateway
