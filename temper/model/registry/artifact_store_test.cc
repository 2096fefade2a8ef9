#include "temper/model/registry/artifact_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "temper/model/registry/registry_fixture.h"

namespace temper::registry {
namespace {

class ArtifactStoreTest : public RegistryFixture {
 protected:
  [[nodiscard]] static bool is_there(const std::filesystem::path& path) {
    return std::filesystem::exists(path);
  }

  /// Runs `attempt` in a child whose process-wide state it may spoil; the child's exit code is the
  /// error's code, 0 for success.
  template <typename Attempt>
  static int code_in_child(const Attempt& attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto result = attempt();
      ::_exit(result ? 0 : static_cast<int>(result.error().code));
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

TEST_F(ArtifactStoreTest, AStagedFileIsACopyThatGoesAwayUnlessAdded) {
  std::filesystem::path staged_path;
  {
    const StagedArtifact staged = registry_->stage(file("bytes")).value();
    staged_path = staged.path();
    EXPECT_EQ(read_file(staged_path), "bytes");
    EXPECT_EQ(staged.bytes(), 5U);
  }
  EXPECT_FALSE(is_there(staged_path));
}

TEST_F(ArtifactStoreTest, OnlyPlainFilesWithContentAreStaged) {
  EXPECT_EQ(registry_->stage(folder_.path() / "missing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(registry_->stage(file("")).error().message,
            "'" + (folder_.path() / "given.onnx").string() + "' is empty");
  EXPECT_EQ(registry_->stage(folder_.path()).error().code, ErrorCode::kInvalidArgument);
  const std::filesystem::path fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(registry_->stage(fifo).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_in_store(), 0U);
}

TEST_F(ArtifactStoreTest, AddingRepairsADamagedFileOfTheSameContent) {
  add("m", "bytes");
  const std::filesystem::path artifact = registry_->version("m", 1)->artifact;
  ASSERT_TRUE(write_file_atomically(artifact, "rot").has_value());
  add("m", "bytes");
  EXPECT_EQ(read_file(artifact), "bytes");
}

TEST_F(ArtifactStoreTest, GarbageIsWhatNoRowNames) {
  add("m", "one");
  add("m", "two");
  ASSERT_TRUE(registry_->remove("m", 2, false).has_value());
  const std::filesystem::path leftover = data() / "artifacts" / ".staging-0123456789abcdef.onnx";
  ASSERT_TRUE(write_file_atomically(leftover, "half a mo").has_value());
  const std::filesystem::path foreign = data() / "artifacts" / "notes.txt";
  ASSERT_TRUE(write_file_atomically(foreign, "mine").has_value());
  const GarbageReport report = registry_->collect_garbage().value();
  EXPECT_TRUE(report.collected);
  EXPECT_EQ(report.files, 2);
  EXPECT_EQ(report.bytes, 12U);
  EXPECT_TRUE(is_there(registry_->version("m", 1)->artifact));
  EXPECT_TRUE(is_there(foreign));
}

TEST_F(ArtifactStoreTest, NothingIsCollectedWhileAnAddIsInProgress) {
  Registry other = Registry::open(data()).value();
  StagedArtifact staged = registry_->stage(file("new")).value();
  EXPECT_FALSE(other.collect_garbage()->collected);
  ASSERT_TRUE(registry_->add(new_version("m"), std::move(staged)).has_value());
  EXPECT_TRUE(other.collect_garbage()->collected);
  EXPECT_EQ(read_file(registry_->version("m", 1)->artifact), "new");
}

TEST_F(ArtifactStoreTest, AFullDiskIsSaidAndLeavesNothingBehind) {
  const std::filesystem::path large = file(std::string(100'000, 'x'));
  const int code = code_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 50'000, .rlim_max = 50'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return registry_->stage(large);
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kResourceExhausted));
  EXPECT_EQ(files_in_store(), 0U);
}

TEST_F(ArtifactStoreTest, AFolderThatMayNotBeWrittenIsSaid) {
  add("m");
  registry_.reset();
  for (const auto& path : {data() / "artifacts", data(), folder_.path()}) {
    std::filesystem::permissions(path, std::filesystem::perms(0555));
  }
  constexpr uid_t kNobody = 65534;
  const int code = code_in_child([&] {
    // Root may write anywhere.
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(99);
    return Registry::open(data());
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kPermissionDenied));
  const int code_of_new = code_in_child([&] {
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(99);
    return Registry::open(folder_.path() / "new");
  });
  EXPECT_EQ(code_of_new, static_cast<int>(ErrorCode::kPermissionDenied));
  for (const auto& path : {folder_.path(), data(), data() / "artifacts"}) {
    std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
}

}  // namespace
}  // namespace temper::registry
