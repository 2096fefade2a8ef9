#include "temper/gateway/drift/row_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "temper/core/rng.h"

namespace temper::gateway {
namespace {

using ::testing::ElementsAre;

FeatureMap two_features() {
  return FeatureMap::derived(
      {.inputs =
           {{.name = "x", .datatype = DataType::kFp64, .shape = {-1}, .dimension_names = {}},
            {.name = "c", .datatype = DataType::kBytes, .shape = {-1}, .dimension_names = {}}},
       .outputs = {}});
}

void add(RowBuffer& buffer, std::int64_t time, double x, const std::string& c) {
  auto evidence = std::make_shared<Evidence>();
  evidence->event_time = WallTime(Duration(time));
  evidence->inputs = {Tensor::copy_of(DataType::kFp64, {1}, std::as_bytes(std::span(&x, 1))),
                      Tensor::of_strings({1}, std::span(&c, 1))};
  buffer.add(evidence, evidence->inputs);
}

TEST(RowBufferTest, OrdersByEventTimeWhenNothingMoreComes) {
  RowBuffer buffer(two_features());
  OrderedRows rows;
  EXPECT_FALSE(buffer.release(true, rows));
  add(buffer, 30, 3, "c");
  add(buffer, 10, 1, "a");
  add(buffer, 20, 2, "b");
  EXPECT_FALSE(buffer.release(false, rows));
  ASSERT_TRUE(buffer.release(true, rows));
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_THAT(rows.times, ElementsAre(10, 20, 30));
  std::vector<drift::ColumnView> views;
  const drift::Rows taken = rows.rows(1, 2, views);
  EXPECT_THAT(taken.event_time_ns, ElementsAre(20, 30));
  EXPECT_THAT(taken.columns[0].numbers, ElementsAre(2, 3));
  EXPECT_THAT(taken.columns[1].categories,
              ElementsAre(drift::category_id("b"), drift::category_id("c")));
}

TEST(RowBufferTest, TakesTheRowsOfABatchApart) {
  RowBuffer buffer(two_features());
  const std::vector<double> x = {3, 1, 2};
  const std::vector<std::string> c = {"c", "a", "b"};
  auto evidence = std::make_shared<Evidence>();
  evidence->rows = 3;
  evidence->event_time = WallTime(Duration(7));
  evidence->inputs = {Tensor::copy_of(DataType::kFp64, {3}, std::as_bytes(std::span(x))),
                      Tensor::of_strings({3}, c)};
  buffer.add(evidence, evidence->inputs);
  OrderedRows rows;
  ASSERT_TRUE(buffer.release(true, rows));
  ASSERT_EQ(rows.size(), 3U);
  std::vector<drift::ColumnView> views;
  const drift::Rows taken = rows.rows(0, 3, views);
  EXPECT_THAT(taken.columns[0].numbers, ::testing::UnorderedElementsAre(1, 2, 3));
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string expected(
        1, static_cast<char>('a' + static_cast<int>(taken.columns[0].numbers[k]) - 1));
    EXPECT_EQ(taken.columns[1].categories[k], drift::category_id(expected)) << "rows stay whole";
  }
}

TEST(RowBufferTest, HoldsTheNewestBack) {
  RowBuffer buffer(two_features());
  OrderedRows rows;
  for (std::size_t k = 0; k < 2 * RowBuffer::kHeld; ++k) {
    ASSERT_FALSE(buffer.release(false, rows));
    add(buffer, static_cast<std::int64_t>(k), 0, "");
  }
  ASSERT_TRUE(buffer.release(false, rows));
  EXPECT_EQ(rows.size(), RowBuffer::kHeld);
  EXPECT_EQ(rows.times.back(), static_cast<std::int64_t>(RowBuffer::kHeld) - 1);
  EXPECT_EQ(buffer.size(), RowBuffer::kHeld);
}

/// All rows of a shuffled replay, however mixed within `kHeld`, come out in one and the same order.
TEST(RowBufferTest, TheOrderDependsOnTheRowsAlone) {
  struct Event {
    std::int64_t time;
    double x;
  };
  Rng rng(5);
  std::vector<Event> events;
  for (int k = 0; k < 5'000; ++k) {
    events.push_back({.time = k / 7, .x = rng.normal()});
    if (k % 50 == 0) events.back().x = std::numeric_limits<double>::quiet_NaN();
  }
  const auto played = [&](std::uint64_t seed) {
    Rng shuffle(seed);
    std::vector<Event> mixed = events;
    // Swaps neighbours up to 60 apart: what 64 requests under way do.
    for (std::size_t k = 0; k + 60 < mixed.size(); ++k) {
      std::swap(mixed[k], mixed[k + shuffle.below(60)]);
    }
    RowBuffer buffer(two_features());
    OrderedRows rows;
    std::vector<std::pair<std::int64_t, std::uint64_t>> order;
    const auto collect = [&] {
      for (std::size_t k = 0; k < rows.size(); ++k) {
        order.emplace_back(rows.times[k], rows.values[0].bits(k));
      }
    };
    for (const Event& event : mixed) {
      add(buffer, event.time, event.x, "a");
      if (shuffle.below(10) == 0 && buffer.release(false, rows)) collect();
    }
    if (buffer.release(true, rows)) collect();
    return order;
  };
  const auto first = played(1);
  EXPECT_EQ(first.size(), events.size());
  EXPECT_TRUE(std::ranges::is_sorted(first, {}, &std::pair<std::int64_t, std::uint64_t>::first));
  EXPECT_EQ(played(2), first);
  EXPECT_EQ(played(3), first);
}

}  // namespace
}  // namespace temper::gateway
