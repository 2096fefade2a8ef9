// How good predictions were, month by month, beside what no model at all would have scored.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace temper::client {

/// Classification scores of the events of one calendar month.
class MonthScore {
 public:
  /// `label_probability`: what the model gave the class that came true; empty where it gives none.
  void add(std::string_view label, std::string_view predicted,
           std::optional<double> label_probability);

  [[nodiscard]] std::uint64_t events() const { return events_; }
  /// Share of events whose predicted class came true.
  [[nodiscard]] double accuracy() const;
  /// Share of the most frequent class: the accuracy of always answering it.
  [[nodiscard]] double majority_share() const;
  /// Mean of -ln p(label), in nats, p kept above 1e-15; empty where an event had no probability.
  [[nodiscard]] std::optional<double> log_loss() const;
  /// The log-loss of always answering this month's class shares: their entropy, in nats.
  [[nodiscard]] double base_log_loss() const;
  /// 1 - log_loss / base_log_loss: 1 is perfect, 0 no better than the base rates, below 0 worse.
  /// Empty without a log-loss, or where all labels are one class.
  [[nodiscard]] std::optional<double> skill() const;

 private:
  std::uint64_t events_ = 0;
  std::uint64_t correct_ = 0;
  std::uint64_t with_probability_ = 0;
  double log_loss_sum_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> class_counts_;
};

/// The UTC month of a time in nanoseconds since the epoch.
[[nodiscard]] std::chrono::year_month month_of(std::int64_t event_time_ns);

/// Scores by month; events without a time have none and count in `overall` alone.
struct ScoreBoard {
  std::map<std::chrono::year_month, MonthScore> months;
  MonthScore overall;

  void add(std::optional<std::int64_t> event_time_ns, std::string_view label,
           std::string_view predicted, std::optional<double> label_probability);
};

/// "2013-02".
[[nodiscard]] std::string month_text(std::chrono::year_month month);

}  // namespace temper::client
