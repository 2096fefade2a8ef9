#include "temper/record/streams/memory/memory_streams.h"

#include "temper/record/streams/stream_conformance_fixture.h"

namespace temper::streams {
namespace {

class MemoryUnderTest final : public StreamsUnderTest {
 public:
  explicit MemoryUnderTest(const StreamLimits& limits)
      : store_(MemoryStreams::create(limits, clock_).value()) {}
  StreamStore& store() override { return *store_; }
  bool restart() override { return false; }
  void advance(Duration step) override { clock_.advance(step); }
  WallTime now() override { return clock_.wall_now(); }

 private:
  ManualClock clock_;
  std::unique_ptr<MemoryStreams> store_;
};

std::unique_ptr<StreamsUnderTest> make_memory_streams(const StreamLimits& limits) {
  return std::make_unique<MemoryUnderTest>(limits);
}

INSTANTIATE_TEST_SUITE_P(Memory, StreamConformanceTest, testing::Values(&make_memory_streams));

TEST(MemoryStreamsTest, RefusesImpossibleLimits) {
  EXPECT_EQ(MemoryStreams::create({.max_entries = 0}).error().code, ErrorCode::kInvalidArgument);
}

TEST(MemoryStreamsTest, TheSameNameGivesTheSameStream) {
  const auto store = MemoryStreams::create({}).value();
  EXPECT_EQ(store->open("A").value(), store->open("A").value());
  EXPECT_NE(store->open("A").value(), store->open("B").value());
}

}  // namespace
}  // namespace temper::streams
