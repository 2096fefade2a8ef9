#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "temper/model/registry/registry_fixture.h"

namespace temper::registry {
namespace {

class ConcurrencyTest : public RegistryFixture {};

constexpr int kWriters = 4;
constexpr int kAddsEach = 10;

/// Adds versions of "shared" through its own connection; true when all went well.
bool add_many(const std::filesystem::path& data, const std::filesystem::path& given) {
  Result<Registry> registry = Registry::open(data);
  if (!registry) return false;
  for (int round = 0; round < kAddsEach; ++round) {
    Result<StagedArtifact> staged = registry->stage(given);
    if (!staged || !registry->add(new_version("shared"), std::move(*staged))) return false;
  }
  return true;
}

TEST_F(ConcurrencyTest, ProcessesThatAddAtOnceGetEachNumberOnce) {
  // The database does not exist yet either: the first opening is part of the race.
  registry_.reset();
  std::filesystem::remove_all(data());
  const std::filesystem::path given = file("bytes");
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(add_many(data(), given) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  registry_.emplace(Registry::open(data()).value());
  const std::vector<ModelSummary> models = registry_->list().value();
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0].versions.size(), static_cast<std::size_t>(kWriters * kAddsEach));
  EXPECT_EQ(models[0].versions.back(), kWriters * kAddsEach);
  EXPECT_EQ(models[0].aliases.at("champion"), 1);
  EXPECT_EQ(registry_->change_counter(), static_cast<std::uint64_t>(kWriters * kAddsEach));
}

TEST_F(ConcurrencyTest, ThreadsShareOneRegistry) {
  const std::filesystem::path given = file("bytes");
  std::vector<std::set<int>> seen(kWriters);
  {
    std::vector<std::jthread> threads;
    for (std::set<int>& mine : seen) {
      threads.emplace_back([&] {
        for (int round = 0; round < kAddsEach; ++round) {
          Result<StagedArtifact> staged = registry_->stage(given);
          if (!staged) continue;
          const auto added = registry_->add(new_version("m"), std::move(*staged));
          if (added) mine.insert(added->version);
          static_cast<void>(registry_->list());
        }
      });
    }
  }
  std::set<int> all;
  for (const std::set<int>& mine : seen) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kWriters * kAddsEach));
}

}  // namespace
}  // namespace temper::registry
