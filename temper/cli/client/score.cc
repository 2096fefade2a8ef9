#include "temper/cli/client/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace temper::client {
namespace {

constexpr double kSmallestProbability = 1e-15;

}  // namespace

void MonthScore::add(std::string_view label, std::string_view predicted,
                     std::optional<double> label_probability) {
  ++events_;
  if (label == predicted) ++correct_;
  if (label_probability) {
    ++with_probability_;
    log_loss_sum_ -= std::log(std::clamp(*label_probability, kSmallestProbability, 1.0));
  }
  auto found = class_counts_.find(label);
  if (found == class_counts_.end()) found = class_counts_.emplace(std::string(label), 0).first;
  ++found->second;
}

double MonthScore::accuracy() const {
  return events_ == 0 ? 0 : static_cast<double>(correct_) / static_cast<double>(events_);
}

double MonthScore::majority_share() const {
  std::uint64_t most = 0;
  for (const auto& [label, count] : class_counts_) most = std::max(most, count);
  return events_ == 0 ? 0 : static_cast<double>(most) / static_cast<double>(events_);
}

std::optional<double> MonthScore::log_loss() const {
  if (events_ == 0 || with_probability_ < events_) return std::nullopt;
  return log_loss_sum_ / static_cast<double>(events_);
}

double MonthScore::base_log_loss() const {
  double entropy = 0;
  for (const auto& [label, count] : class_counts_) {
    const double share = static_cast<double>(count) / static_cast<double>(events_);
    entropy -= share * std::log(share);
  }
  return entropy;
}

std::optional<double> MonthScore::skill() const {
  const std::optional<double> loss = log_loss();
  const double base = base_log_loss();
  if (!loss || base <= 0) return std::nullopt;
  return 1 - *loss / base;
}

std::chrono::year_month month_of(std::int64_t event_time_ns) {
  using std::chrono::days;
  const std::chrono::sys_time<std::chrono::nanoseconds> time{
      std::chrono::nanoseconds(event_time_ns)};
  const std::chrono::year_month_day day(std::chrono::floor<days>(time));
  return day.year() / day.month();
}

void ScoreBoard::add(std::optional<std::int64_t> event_time_ns, std::string_view label,
                     std::string_view predicted, std::optional<double> label_probability) {
  overall.add(label, predicted, label_probability);
  if (event_time_ns) months[month_of(*event_time_ns)].add(label, predicted, label_probability);
}

std::string month_text(std::chrono::year_month month) {
  return fmt::format("{:04}-{:02}", static_cast<int>(month.year()),
                     static_cast<unsigned>(month.month()));
}

}  // namespace temper::client
