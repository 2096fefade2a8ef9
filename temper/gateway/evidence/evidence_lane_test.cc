#include "temper/gateway/evidence/evidence_lane.h"

#include <gtest/gtest.h>

#include <thread>

namespace temper::gateway {
namespace {

constexpr std::size_t kRoomy = std::size_t{64} << 20;

/// Remembers what it took, and stands still while told to.
class Recorder final : public EvidenceSink {
 public:
  void take(std::span<const KeptEvidence> batch) override {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
    for (const KeptEvidence& each : batch) taken_.push_back(each);
  }
  void tick(WallTime) override {
    const std::scoped_lock lock(mutex_);
    ++ticks_;
  }
  void set_open(bool open) {
    const std::scoped_lock lock(mutex_);
    open_ = open;
    opened_.notify_all();
  }
  [[nodiscard]] std::vector<KeptEvidence> taken() {
    const std::scoped_lock lock(mutex_);
    return taken_;
  }
  [[nodiscard]] int ticks() {
    const std::scoped_lock lock(mutex_);
    return ticks_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  // guarded by mutex_
  bool open_ = true;
  std::vector<KeptEvidence> taken_;
  int ticks_ = 0;
};

class EvidenceLaneTest : public ::testing::Test {
 protected:
  std::unique_ptr<EvidenceLane> lane(std::size_t capacity) {
    return std::make_unique<EvidenceLane>("test", recorder_, capacity, metrics_, "t",
                                          system_clock_instance());
  }
  std::shared_ptr<const Evidence> evidence(std::size_t payload = 0) {
    auto made = std::make_shared<Evidence>();
    made->prediction_id = make_uuid_v7(system_clock_instance().wall_now(), rng_);
    made->rows = ++made_;
    made->unit_id = std::string(payload, 'u');
    return made;
  }
  std::uint64_t counted(const std::string& what) {
    return metrics_.counter("t_evidence_" + what + "_total", "", {{"lane", "test"}}).value();
  }

  Recorder recorder_;
  metrics::Registry metrics_;
  Rng rng_{1};
  std::int64_t made_ = 0;
};

TEST_F(EvidenceLaneTest, HandsOverInOrderAndFlushes) {
  const auto tested = lane(kRoomy);
  for (int k = 0; k < 1'000; ++k) tested->offer(evidence(), false);
  tested->flush();
  const auto taken = recorder_.taken();
  ASSERT_EQ(taken.size(), 1'000U);
  for (std::size_t k = 0; k < taken.size(); ++k) {
    EXPECT_EQ(taken[k].evidence->rows, static_cast<std::int64_t>(k) + 1);
    EXPECT_EQ(taken[k].rate, 1);
  }
  EXPECT_EQ(counted("kept"), 1'000U);
}

TEST_F(EvidenceLaneTest, TicksWithoutTraffic) {
  const auto tested = lane(kRoomy);
  while (recorder_.ticks() < 2) std::this_thread::yield();
}

TEST_F(EvidenceLaneTest, TheEndLosesNothing) {
  {
    const auto tested = lane(kRoomy);
    for (int k = 0; k < 100; ++k) tested->offer(evidence(), false);
  }
  EXPECT_EQ(recorder_.taken().size(), 100U);
}

TEST_F(EvidenceLaneTest, ASlowSinkIsThinnedAtARecordedRateAndCounted) {
  recorder_.set_open(false);
  constexpr std::uint64_t kOffers = 20'000;
  auto tested = lane(1 << 20);
  for (std::uint64_t k = 0; k < kOffers; ++k) tested->offer(evidence(200), false);
  EXPECT_FALSE(tested->has_room());
  recorder_.set_open(true);
  tested.reset();
  const auto taken = recorder_.taken();
  EXPECT_EQ(taken.size() + counted("thinned") + counted("dropped"), kOffers);
  EXPECT_EQ(taken.size(), counted("kept"));
  EXPECT_GT(counted("thinned"), 0U);
  EXPECT_LT(taken.back().rate, 1);
  std::size_t bytes = 0;
  for (const KeptEvidence& each : taken) bytes += each.evidence->bytes();
  EXPECT_LE(bytes, std::size_t{1} << 20);
}

TEST_F(EvidenceLaneTest, LosslessEvidenceIsKeptWholeAndItsCallersAreHeldBack) {
  recorder_.set_open(false);
  auto tested = lane(1 << 20);
  std::uint64_t offered = 0;
  while (tested->has_room()) {
    tested->offer(evidence(200), true);
    ++offered;
  }
  // Those that were already under way.
  for (int k = 0; k < 10; ++k) tested->offer(evidence(200), true);
  recorder_.set_open(true);
  tested.reset();
  EXPECT_EQ(recorder_.taken().size(), offered + 10);
  for (const KeptEvidence& each : recorder_.taken()) EXPECT_EQ(each.rate, 1);
}

TEST_F(EvidenceLaneTest, ManyThreadsOffer) {
  auto tested = lane(kRoomy);
  std::vector<std::shared_ptr<const Evidence>> mine;
  for (int k = 0; k < 4'000; ++k) mine.push_back(evidence());
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t k = t; k < mine.size(); k += 4) tested->offer(mine[k], k % 2 == 0);
      });
    }
  }
  tested->flush();
  EXPECT_EQ(recorder_.taken().size(), 4'000U);
}

}  // namespace
}  // namespace temper::gateway
