// A registry in a folder of its own, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "temper/core/file.h"
#include "temper/model/registry/registry.h"

namespace temper::registry {

inline NewVersion new_version(std::string model) {
  NewVersion version;
  version.model = std::move(model);
  Signature& signature = version.probe.signature;
  signature.inputs = {TensorSpec{
      .name = "x", .datatype = DataType::kFp32, .shape = {-1, 4}, .dimension_names = {"N", ""}}};
  signature.outputs = {TensorSpec{
      .name = "label", .datatype = DataType::kInt64, .shape = {-1}, .dimension_names = {"N"}}};
  version.probe.batchable = true;
  version.probe.batch_tolerance = 1e-6;
  version.probe.run_ns_1 = 12'600;
  return version;
}

class RegistryFixture : public testing::Test {
 protected:
  RegistryFixture() : folder_(TemporaryFolder::create("registry").value()) {
    registry_.emplace(Registry::open(data()).value());
  }

  [[nodiscard]] std::filesystem::path data() const { return folder_.path() / "data"; }

  /// A file of that content outside the registry.
  [[nodiscard]] std::filesystem::path file(std::string_view content) const {
    const std::filesystem::path path = folder_.path() / "given.onnx";
    EXPECT_TRUE(write_file_atomically(path, content).has_value());
    return path;
  }

  Result<VersionRecord> try_add(NewVersion version, std::string_view content = "model bytes") {
    TEMPER_TRY(StagedArtifact artifact, registry_->stage(file(content)));
    return registry_->add(std::move(version), std::move(artifact));
  }

  int add(const std::string& model, std::string_view content = "model bytes") {
    const Result<VersionRecord> added = try_add(new_version(model), content);
    EXPECT_TRUE(added.has_value()) << (added ? "" : added.error().message);
    return added ? added->version : 0;
  }

  [[nodiscard]] std::size_t files_in_store() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data() / "artifacts")) {
      count += entry.path().filename() == ".lock" ? 0 : 1;
    }
    return count;
  }

  TemporaryFolder folder_;
  std::optional<Registry> registry_;
};

}  // namespace temper::registry
