// The files of the registry, named by their content. Private to this folder.
//
// artifacts/<sha256>.onnx and .reference are immutable and durable once they have that name;
// artifacts/.staging-<random>.* are copies on their way in. Everyone between `stage` and the commit
// of the row holds artifacts/.lock shared; the garbage collection takes it exclusively, so it can
// never see a file whose row is still to come. The kernel drops the lock of a process that is
// killed.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "temper/core/result.h"
#include "temper/model/registry/registry.h"

namespace temper::registry {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

enum class LockMode { kShared, kExclusive, kExclusiveOrGiveUp };
/// An advisory lock on `path` (made where missing) until the descriptor is closed. Errors:
/// kUnavailable only for kExclusiveOrGiveUp; kPermissionDenied, kInternal.
[[nodiscard]] Result<Descriptor> lock_file(const std::filesystem::path& path, LockMode mode);

struct StagedArtifact::State {
  State(Descriptor shared_lock, std::filesystem::path staged)
      : lock(std::move(shared_lock)), path(std::move(staged)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  /// Removes the file unless it was published.
  ~State();

  const Descriptor lock;
  const std::filesystem::path path;
  std::string sha256;
  std::uint64_t bytes = 0;
  bool published = false;
};

class ArtifactStore {
 public:
  static constexpr std::string_view kModelSuffix = ".onnx";
  static constexpr std::string_view kReferenceSuffix = ".reference";

  /// Makes `folder` where it is missing.
  static Result<ArtifactStore> open(const std::filesystem::path& folder);

  [[nodiscard]] Result<StagedArtifact> stage(const std::filesystem::path& file) const;
  /// Gives a staged file its final name, durably. Where a file of this content is there already,
  /// the fresh copy replaces it: the bytes are the same, unless the old ones were damaged.
  [[nodiscard]] Status publish(const StagedArtifact& staged, std::string_view suffix) const;
  [[nodiscard]] std::filesystem::path path_of(std::string_view sha256,
                                              std::string_view suffix) const;

  /// Removes every file whose name `list_used` does not give. `list_used` (a
  /// Result<std::set<std::string>>()) is called once no add is in progress.
  template <typename ListUsed>
  [[nodiscard]] Result<GarbageReport> collect(const ListUsed& list_used) const {
    const Result<Descriptor> lock = lock_file(lock_path(), LockMode::kExclusiveOrGiveUp);
    if (!lock) {
      if (lock.error().code == ErrorCode::kUnavailable) return GarbageReport{};
      return std::unexpected(lock.error());
    }
    TEMPER_TRY(const std::set<std::string> used, list_used());
    return remove_all_but(used);
  }

 private:
  explicit ArtifactStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path lock_path() const { return folder_ / ".lock"; }
  [[nodiscard]] Result<GarbageReport> remove_all_but(const std::set<std::string>& used) const;
  std::filesystem::path folder_;
};

}  // namespace temper::registry
