#include "temper/stats/chi_square.h"

#include <gtest/gtest.h>

#include "temper/stats/two_samples_fixture.h"

namespace temper::stats {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(ChiSquareTest, ContingencyAgreesWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["binned"]) {
    const auto chi =
        chi_square_contingency(item["reference"].get<Counts>(), item["current"].get<Counts>());
    ASSERT_TRUE(chi);
    EXPECT_NEAR(chi->statistic, item["chi_square"].get<double>(), 1e-9);
    EXPECT_NEAR(chi->p_value, item["p_value"].get<double>(), 1e-10);
    EXPECT_EQ(chi->degrees, item["degrees"].get<double>());
    EXPECT_NEAR(chi->smallest_expected, item["smallest_expected"].get<double>(), 1e-9);
  }
}

TEST(ChiSquareTest, FitAgreesWithSciPy) {
  const auto golden = golden_two_samples();
  for (const auto& item : golden["fits"]) {
    const auto chi =
        chi_square_fit(item["counts"].get<Counts>(), item["shares"].get<std::vector<double>>());
    ASSERT_TRUE(chi);
    EXPECT_NEAR(chi->statistic, item["statistic"].get<double>(), 1e-9);
    EXPECT_NEAR(chi->p_value, item["p_value"].get<double>(), 1e-10);
  }
}

TEST(ChiSquareTest, OneCategoryCannotDiffer) {
  const auto chi = chi_square_contingency(Counts{5, 0}, Counts{9, 0});
  EXPECT_EQ(chi->p_value, 1);
  EXPECT_EQ(chi->degrees, 0);
}

TEST(ChiSquareTest, SeeingTheImpossibleIsDecisive) {
  EXPECT_EQ(chi_square_fit(Counts{5, 1}, std::vector<double>{1, 0})->p_value, 0);
  EXPECT_EQ(chi_square_fit(Counts{5, 5, 0}, std::vector<double>{1, 1, 0})->degrees, 1);
}

TEST(ChiSquareTest, RefusesWhatCannotBeTested) {
  EXPECT_FALSE(chi_square_contingency(Counts{1}, Counts{1, 2}));
  EXPECT_FALSE(chi_square_contingency(Counts{0, 0}, Counts{1, 2}));
  EXPECT_FALSE(chi_square_fit(Counts{0}, std::vector<double>{1}));
  EXPECT_FALSE(chi_square_fit(Counts{1}, std::vector<double>{-1}));
  EXPECT_FALSE(chi_square_fit(Counts{1}, std::vector<double>{0}));
}

}  // namespace
}  // namespace temper::stats
