#include "temper/record/streams/producers.h"

#include <gtest/gtest.h>

namespace temper::streams {
namespace {

TEST(ProducersTest, ForgetsTheOneThatWasQuietLongest) {
  Producers producers;
  for (std::uint64_t i = 0; i <= Producers::kMaxProducers; ++i) {
    producers.note(fmt::format("p{}", i), {.sequence = 1, .id = {.time_ms = i, .sequence = 0}});
  }
  EXPECT_EQ(producers.all().size(), Producers::kMaxProducers);
  EXPECT_FALSE(producers.repeated({.producer = "p0", .sequence = 1}).has_value());
  EXPECT_TRUE(producers.repeated({.producer = "p1", .sequence = 1}).has_value());
}

TEST(ProducersTest, AnOlderNumberIsRepeatedButItsIdIsNotKnown) {
  Producers producers;
  producers.note("p", {.sequence = 5, .id = {.time_ms = 9, .sequence = 1}});
  EXPECT_EQ(producers.repeated({.producer = "p", .sequence = 5})->id, (EntryId{9, 1}));
  EXPECT_EQ(producers.repeated({.producer = "p", .sequence = 4})->id, EntryId{});
  EXPECT_FALSE(producers.repeated({.producer = "p", .sequence = 6}).has_value());
}

}  // namespace
}  // namespace temper::streams
