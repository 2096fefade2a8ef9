#include "temper/renew/trainers/held_out_score.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace temper::renew {

Result<ClassificationScore> score_classes(std::span<const float> probabilities,
                                          std::span<const float> labels, std::size_t classes) {
  if (labels.empty() || classes < 2 || probabilities.size() != labels.size() * classes) {
    return fail(ErrorCode::kInvalidArgument, "{} probabilities for {} rows of {} classes",
                probabilities.size(), labels.size(), classes);
  }
  const auto rows = static_cast<double>(labels.size());
  ClassificationScore score{.rows = labels.size()};
  std::vector<std::size_t> counts(classes, 0);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto label = static_cast<std::size_t>(labels[row]);
    if (!(labels[row] >= 0) || label >= classes) {
      return fail(ErrorCode::kInvalidArgument, "label {} of {} classes", labels[row], classes);
    }
    ++counts[label];
    const auto of_row = probabilities.subspan(row * classes, classes);
    const auto best = std::ranges::max_element(of_row) - of_row.begin();
    score.accuracy += static_cast<std::size_t>(best) == label ? 1 : 0;
    score.log_loss -= std::log(std::max(static_cast<double>(of_row[label]), 1e-15));
  }
  score.accuracy /= rows;
  score.log_loss /= rows;
  score.majority_share = static_cast<double>(*std::ranges::max_element(counts)) / rows;
  for (const std::size_t count : counts) {
    const double share = static_cast<double>(count) / rows;
    if (count > 0) score.base_log_loss -= share * std::log(share);
  }
  if (score.base_log_loss > 0) score.skill = 1 - score.log_loss / score.base_log_loss;
  return score;
}

Result<RegressionScore> score_numbers(std::span<const float> predictions,
                                      std::span<const float> labels) {
  if (labels.empty() || predictions.size() != labels.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} predictions for {} rows", predictions.size(),
                labels.size());
  }
  const auto rows = static_cast<double>(labels.size());
  double mean = 0;
  for (const float label : labels) mean += label;
  mean /= rows;
  RegressionScore score{.rows = labels.size()};
  double squared_error = 0;
  double variance = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const double error = static_cast<double>(predictions[row]) - labels[row];
    squared_error += error * error;
    score.mean_absolute_error += std::abs(error);
    variance += (labels[row] - mean) * (labels[row] - mean);
  }
  score.rmse = std::sqrt(squared_error / rows);
  score.mean_absolute_error /= rows;
  score.base_rmse = std::sqrt(variance / rows);
  if (variance > 0) score.skill = 1 - squared_error / variance;
  return score;
}

}  // namespace temper::renew
