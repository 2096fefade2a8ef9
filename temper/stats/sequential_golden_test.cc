// Agreement with SciPy and river, from tests/golden/stats/sequential.json.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "temper/stats/adwin.h"
#include "temper/stats/confidence_sequence.h"
#include "temper/stats/mmd.h"
#include "temper/stats/multiple_testing.h"
#include "temper/stats/page_hinkley.h"

namespace temper::stats {
namespace {

// Sums of some hundred doubles in another order.
constexpr double kTolerance = 1e-9;

nlohmann::json golden() {
  std::ifstream file("tests/golden/stats/sequential.json");
  return nlohmann::json::parse(file);
}

void expect_near(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], kTolerance) << i;
}

TEST(SequentialGoldenTest, AdjustedPValuesAgreeWithScipy) {
  const auto cases = golden();
  for (const auto& item : cases["multiple"]) {
    const auto p = item["p"].get<std::vector<double>>();
    expect_near(holm(p).value(), item["holm"].get<std::vector<double>>());
    expect_near(benjamini_hochberg(p).value(), item["bh"].get<std::vector<double>>());
  }
}

TEST(SequentialGoldenTest, ExactIntervalsAgreeWithScipy) {
  const auto cases = golden();
  for (const auto& item : cases["intervals"]) {
    const auto interval = exact_share_interval(item["hits"], item["outcomes"], 0.05);
    ASSERT_TRUE(interval.has_value());
    EXPECT_NEAR(interval->low, item["low"].get<double>(), kTolerance);
    EXPECT_NEAR(interval->high, item["high"].get<double>(), kTolerance);
  }
}

TEST(SequentialGoldenTest, AdwinCutsWhereRiverDoes) {
  const auto cases = golden();
  for (const auto& item : cases["detectors"]) {
    Adwin adwin(Adwin::Config{});
    std::vector<std::size_t> cuts;
    const auto values = item["values"].get<std::vector<double>>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      // river forgets the whole window at the value after a cut.
      if (!cuts.empty() && cuts.back() + 1 == i) adwin = Adwin(Adwin::Config{});
      if (adwin.add(values[i])) cuts.push_back(i);
    }
    EXPECT_EQ(cuts, item["adwin"].get<std::vector<std::size_t>>()) << item["stream"];
    EXPECT_EQ(adwin.width(), item["adwin_width"].get<double>());
    EXPECT_NEAR(adwin.mean(), item["adwin_mean"].get<double>(), kTolerance);
  }
}

TEST(SequentialGoldenTest, PageHinkleyAlarmsWhereRiverDoes) {
  const auto cases = golden();
  for (const auto& item : cases["detectors"]) {
    PageHinkley detector(PageHinkley::Config{.threshold = 20});
    std::vector<std::size_t> alarms;
    const auto values = item["values"].get<std::vector<double>>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (detector.add(values[i])) alarms.push_back(i);
    }
    EXPECT_EQ(alarms, item["page_hinkley"].get<std::vector<std::size_t>>()) << item["stream"];
  }
}

TEST(SequentialGoldenTest, RandomFeaturesApproachTheExactKernel) {
  const auto item = golden()["mmd"];
  const auto result = maximum_mean_discrepancy(
      item["reference"].get<std::vector<double>>(), item["current"].get<std::vector<double>>(),
      item["dimension"],
      {.features = 8192, .bandwidth = item["bandwidth"], .permutations = 19, .seed = 7});
  ASSERT_TRUE(result.has_value());
  // The random features' own error, about 1 / sqrt(features) of the kernel's scale.
  EXPECT_NEAR(result->squared, item["squared"].get<double>(), 0.01);
  EXPECT_EQ(result->p_value, 0.05);
}

}  // namespace
}  // namespace temper::stats
