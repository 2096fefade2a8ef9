// How good a model is on rows it was not trained on, beside what no model at all would score.
#pragma once

#include <cstddef>
#include <span>

#include "temper/core/result.h"

namespace temper::renew {

struct ClassificationScore {
  std::size_t rows = 0;
  /// Share of rows whose most probable class (the first at a tie) is the label.
  double accuracy = 0;
  /// Share of the most frequent class: the accuracy of always answering it.
  double majority_share = 0;
  /// Mean of -ln p(label), in nats, p kept above 1e-15.
  double log_loss = 0;
  /// The log-loss of always answering these rows' class shares: their entropy, in nats.
  double base_log_loss = 0;
  /// 1 - log_loss / base_log_loss: 1 is perfect, 0 no better than the shares, below 0 worse; 0
  /// where all rows are of one class, which leaves nothing to know.
  double skill = 0;
};

/// `probabilities` is [rows, classes] row-major; `labels` holds class indices. Errors:
/// kInvalidArgument when sizes do not fit, there are no rows, or a label is no class.
[[nodiscard]] Result<ClassificationScore> score_classes(std::span<const float> probabilities,
                                                        std::span<const float> labels,
                                                        std::size_t classes);

struct RegressionScore {
  std::size_t rows = 0;
  /// Root of the mean squared error, in the label's unit.
  double rmse = 0;
  double mean_absolute_error = 0;
  /// The labels' standard deviation: the rmse of always answering their mean.
  double base_rmse = 0;
  /// 1 - rmse^2 / base_rmse^2 (R squared); 0 where all labels are equal.
  double skill = 0;
};

/// Errors: kInvalidArgument when sizes differ or there are no rows.
[[nodiscard]] Result<RegressionScore> score_numbers(std::span<const float> predictions,
                                                    std::span<const float> labels);

}  // namespace temper::renew
