#include "temper/renew/trainers/held_out_score.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace temper::renew {
namespace {

TEST(HeldOutScoreTest, ScoresClassesAgainstTheirShares) {
  const std::array<float, 8> probabilities{0.9F, 0.1F, 0.6F, 0.4F, 0.2F, 0.8F, 0.7F, 0.3F};
  const std::array<float, 4> labels{0, 0, 1, 1};
  const auto score = score_classes(probabilities, labels, 2);
  ASSERT_TRUE(score);
  EXPECT_EQ(score->accuracy, 0.75);
  EXPECT_EQ(score->majority_share, 0.5);
  const double expected = -(std::log(0.9) + std::log(0.6) + std::log(0.8) + std::log(0.3)) / 4;
  EXPECT_NEAR(score->log_loss, expected, 1e-7);
  EXPECT_NEAR(score->base_log_loss, std::log(2.0), 1e-12);
  EXPECT_NEAR(score->skill, 1 - expected / std::log(2.0), 1e-7);
}

TEST(HeldOutScoreTest, KeepsACertainMistakeFinite) {
  const std::array<float, 2> probabilities{1, 0};
  const std::array<float, 1> labels{1};
  const auto score = score_classes(probabilities, labels, 2);
  ASSERT_TRUE(score);
  EXPECT_NEAR(score->log_loss, -std::log(1e-15), 1e-9);
  EXPECT_EQ(score->skill, 0) << "one class leaves nothing to know";
}

TEST(HeldOutScoreTest, RefusesLabelsThatAreNoClass) {
  const std::array<float, 2> probabilities{0.5F, 0.5F};
  for (const float label : {2.0F, -1.0F, std::numeric_limits<float>::quiet_NaN()}) {
    const std::array<float, 1> labels{label};
    EXPECT_FALSE(score_classes(probabilities, labels, 2)) << label;
  }
  EXPECT_FALSE(score_classes(probabilities, {}, 2));
}

TEST(HeldOutScoreTest, ScoresNumbersAgainstTheirMean) {
  const std::array<float, 4> predictions{1, 2, 3, 6};
  const std::array<float, 4> labels{1, 2, 3, 4};
  const auto score = score_numbers(predictions, labels);
  ASSERT_TRUE(score);
  EXPECT_DOUBLE_EQ(score->rmse, 1);
  EXPECT_DOUBLE_EQ(score->mean_absolute_error, 0.5);
  EXPECT_DOUBLE_EQ(score->base_rmse, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(score->skill, 1 - 4 / 5.0);
  EXPECT_FALSE(score_numbers(predictions, {}));
}

}  // namespace
}  // namespace temper::renew
