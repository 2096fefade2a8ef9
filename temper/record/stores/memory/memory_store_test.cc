#include "temper/record/stores/memory/memory_store.h"

#include "temper/record/stores/store_conformance_fixture.h"

namespace temper::stores {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryUnderTest(const StoreLimits& limits)
      : store_(MemoryStore::create(limits).value()) {}
  PredictionStore& store() override { return *store_; }
  bool restart() override { return false; }

 private:
  std::unique_ptr<MemoryStore> store_;
};

std::unique_ptr<StoreUnderTest> make_memory_store(const StoreLimits& limits) {
  return std::make_unique<MemoryUnderTest>(limits);
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformanceTest, testing::Values(&make_memory_store));

}  // namespace
}  // namespace temper::stores
