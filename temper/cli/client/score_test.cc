#include "temper/cli/client/score.h"

#include <gtest/gtest.h>

#include <cmath>

namespace temper::client {
namespace {

using std::chrono::year;
using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(ScoreTest, CountsAccuracyBesideTheMajority) {
  MonthScore score;
  score.add("0", "0", 0.9);
  score.add("0", "1", 0.4);
  score.add("1", "1", 0.8);
  EXPECT_DOUBLE_EQ(score.accuracy(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score.majority_share(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(*score.log_loss(), -(std::log(0.9) + std::log(0.4) + std::log(0.8)) / 3);
}

TEST(ScoreTest, AnsweringTheBaseRatesHasNoSkill) {
  MonthScore score;
  for (int k = 0; k < 3; ++k) score.add("0", "0", 0.75);
  score.add("1", "0", 0.25);
  EXPECT_NEAR(*score.log_loss(), score.base_log_loss(), 1e-12);
  EXPECT_NEAR(*score.skill(), 0, 1e-12);
}

TEST(ScoreTest, APerfectModelHasSkillOne) {
  MonthScore score;
  score.add("a", "a", 1.0);
  score.add("b", "b", 1.0);
  EXPECT_DOUBLE_EQ(*score.skill(), 1);
}

TEST(ScoreTest, AnImpossibleLabelCostsABoundedLoss) {
  MonthScore score;
  score.add("a", "b", 0.0);
  EXPECT_DOUBLE_EQ(*score.log_loss(), -std::log(1e-15));
}

TEST(ScoreTest, HasNoLogLossWhereAnEventHasNoProbability) {
  MonthScore score;
  score.add("a", "a", 0.5);
  score.add("b", "a", std::nullopt);
  EXPECT_FALSE(score.log_loss());
  EXPECT_FALSE(score.skill());
  EXPECT_DOUBLE_EQ(score.accuracy(), 0.5);
}

TEST(ScoreTest, HasNoSkillWhereOnlyOneClassCameTrue) {
  MonthScore score;
  score.add("a", "a", 0.5);
  EXPECT_EQ(score.base_log_loss(), 0);
  EXPECT_FALSE(score.skill());
}

TEST(ScoreTest, MonthsAreUtcMonths) {
  EXPECT_EQ(month_of(0), year(1970) / 1);
  EXPECT_EQ(month_of(-1), year(1969) / 12);
  // 2013-02-01T00:00:00Z and the nanosecond before.
  EXPECT_EQ(month_of(1'359'676'800 * kSecond), year(2013) / 2);
  EXPECT_EQ(month_of(1'359'676'800 * kSecond - 1), year(2013) / 1);
  EXPECT_EQ(month_text(year(2013) / 2), "2013-02");
}

TEST(ScoreTest, TheBoardKeepsMonthsApartAndAllTogether) {
  ScoreBoard board;
  board.add(0, "0", "0", std::nullopt);
  board.add(40 * 86'400 * kSecond, "0", "1", std::nullopt);
  board.add(std::nullopt, "1", "1", std::nullopt);
  EXPECT_EQ(board.months.size(), 2U);
  EXPECT_EQ(board.months.at(year(1970) / 1).accuracy(), 1);
  EXPECT_EQ(board.months.at(year(1970) / 2).accuracy(), 0);
  EXPECT_EQ(board.overall.events(), 3U);
}

}  // namespace
}  // namespace temper::client
