// For tests: a registry in a folder of its own, real small models, and the fleet that follows it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "temper/core/file.h"
#include "temper/core/metrics.h"
#include "temper/gateway/fleet/fleet.h"
#include "temper/model/runtime/onnxruntime/onnxruntime.h"

namespace temper::gateway {

class FleetFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<TemporaryFolder> folder = TemporaryFolder::create("temper-fleet");
    ASSERT_TRUE(folder);
    folder_.emplace(std::move(*folder));
    Result<std::unique_ptr<runtime::Runtime>> engine = runtime::create_onnxruntime();
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    Result<registry::Registry> opened = registry::Registry::open(folder_->path());
    ASSERT_TRUE(opened) << opened.error().message;
    registry_.emplace(std::move(*opened));
  }

  [[nodiscard]] static std::filesystem::path golden(const std::string& name) {
    const char* root = std::getenv("TEMPER_SOURCE_DIR");
    return std::filesystem::path(root == nullptr ? "." : root) / "tests/golden/runtime" /
           (name + ".onnx");
  }

  /// Registers tests/golden/runtime/FILE.onnx as the next version of `model`.
  int add(const std::string& model, const std::string& file, bool batchable = true) {
    auto instance = engine_->load({.artifact = golden(file)});
    EXPECT_TRUE(instance) << instance.error().message;
    registry::NewVersion version;
    version.model = model;
    version.probe.signature = (*instance)->signature();
    version.probe.batchable = batchable;
    version.probe.run_ns_1 = 10'000;
    version.probe.safe_in_process = true;
    auto staged = registry_->stage(golden(file));
    EXPECT_TRUE(staged) << staged.error().message;
    auto added = registry_->add(std::move(version), std::move(*staged));
    EXPECT_TRUE(added) << added.error().message;
    return added ? added->version : 0;
  }

  void set_champion(const std::string& model, int version) {
    ASSERT_TRUE(registry_->set_alias(model, registry::kChampion, version));
  }

  std::unique_ptr<Fleet> start_fleet() {
    Runtimes runtimes;
    runtimes.in_process = engine_;
    runtimes.make_host = [](const HostNeeds&) -> Result<std::shared_ptr<runtime::Runtime>> {
      return fail(ErrorCode::kUnavailable, "no hosts in this test");
    };
    auto fleet = Fleet::start(registry::Registry::open(folder_->path()).value(), profile_,
                              std::move(runtimes), metrics_, system_clock_instance());
    fleet->wait_until_ready();
    return fleet;
  }

  /// Waits, with a limit, until `condition` holds: the fleet works on a thread of its own.
  [[nodiscard]] static bool eventually(const std::function<bool()>& condition) {
    const Clock& clock = system_clock_instance();
    const TimePoint until = clock.now() + std::chrono::seconds(20);
    while (clock.now() < until) {
      if (condition()) return true;
      sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  std::optional<TemporaryFolder> folder_;
  std::shared_ptr<runtime::Runtime> engine_;
  std::optional<registry::Registry> registry_;
  std::shared_ptr<profile::Profile> profile_ =
      std::make_shared<profile::Profile>(profile::built_in_profile());
  metrics::Registry metrics_;
};

/// Four floats a row for the model tests/golden/runtime/linear.onnx.
[[nodiscard]] inline Tensor rows_of_four(std::int64_t rows, float first = 1) {
  std::vector<float> values(static_cast<std::size_t>(rows) * 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i) / 8;
  return Tensor::copy_of(DataType::kFp32, {rows, 4}, std::as_bytes(std::span(values)));
}

}  // namespace temper::gateway
