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

std::vector<Tensor> row(double x, const std::string& c) {
  return {Tensor::copy_of(DataType::kFp64, {1}, std::as_bytes(std::span(&x, 1))),
          Tensor::of_strings({1}, std::span(&c, 1))};
}

TEST(RowBufferTest, OrdersByEventTimeWhenNothingMoreComes) {
  RowBuffer buffer(two_features());
  OrderedRows rows;
  EXPECT_FALSE(buffer.release(true, rows));
  buffer.add(30, row(3, "c"));
  buffer.add(10, row(1, "a"));
  buffer.add(20, row(2, "b"));
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

TEST(RowBufferTest, HoldsTheNewestBack) {
  RowBuffer buffer(two_features());
  OrderedRows rows;
  for (std::size_t k = 0; k < 2 * RowBuffer::kHeld; ++k) {
    ASSERT_FALSE(buffer.release(false, rows));
    buffer.add(static_cast<std::int64_t>(k), row(0, ""));
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
      buffer.add(event.time, row(event.x, "a"));
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
