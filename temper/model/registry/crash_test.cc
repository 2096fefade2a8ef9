// Kills writers at random moments and looks at what is left.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "temper/core/digest.h"
#include "temper/core/rng.h"
#include "temper/model/registry/registry_fixture.h"
#include "temper/model/registry/sqlite/connection.h"

namespace temper::registry {
namespace {

constexpr std::uint64_t kSeed = 2'013;
constexpr int kKills = 30;

class CrashTest : public RegistryFixture {
 protected:
  /// Adds, moves aliases, removes and collects until it is killed; one byte a round to `progress`.
  [[noreturn]] static void write_for_ever(const std::filesystem::path& data,
                                          const std::filesystem::path& given, int progress,
                                          Rng rng) {
    Result<Registry> registry = Registry::open(data);
    while (registry) {
      const std::filesystem::path own = given.string() + fmt::format("{}", ::getpid());
      if (!write_file_atomically(own, fmt::format("model {}", rng()))) break;
      Result<StagedArtifact> staged = registry->stage(own);
      Result<StagedArtifact> reference = registry->stage(given);
      if (!staged || !reference) break;
      const auto added = registry->add(new_version("m"), std::move(*staged), std::move(*reference));
      if (!added) break;
      static_cast<void>(registry->set_alias("m", "challenger", added->version));
      if (rng.below(2) == 0) {
        static_cast<void>(registry->remove("m", added->version, true));
        static_cast<void>(registry->collect_garbage());
      }
      if (::write(progress, "x", 1) != 1) break;
    }
    ::_exit(1);
  }

  /// Lets a writer start, then kills it after a random share of a few rounds' time.
  void kill_one(const std::filesystem::path& given, Rng& rng) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_for_ever(data(), given, pipe_ends[1], Rng(rng()));
    ::close(pipe_ends[1]);
    char byte = 0;
    for (std::uint64_t round = rng.below(4); round > 0; --round) {
      ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1) << "the writer gave up";
    }
    const TimePoint until =
        system_clock_instance().now() + std::chrono::microseconds(rng.below(8'000));
    while (system_clock_instance().now() < until) {
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer gave up with " << WEXITSTATUS(status);
    ::close(pipe_ends[0]);
  }

  void expect_intact() {
    Connection connection =
        Connection::open(data() / "registry.db", std::chrono::seconds(1)).value();
    Statement check = connection.prepare("PRAGMA integrity_check").value();
    ASSERT_TRUE(check.step().value());
    ASSERT_EQ(check.text(0), "ok");
    Registry registry = Registry::open(data()).value();
    int last = 0;
    const std::vector<VersionRecord> records = registry.show("m").value();
    for (const VersionRecord& record : records) {
      EXPECT_GT(record.version, last);
      last = record.version;
      EXPECT_EQ(sha256_file(record.artifact), record.artifact_sha256);
      ASSERT_TRUE(record.reference.has_value());
      EXPECT_EQ(sha256_file(record.reference->file), record.reference->sha256);
    }
  }
};

TEST_F(CrashTest, KilledWritersLeaveEveryRowWithItsFiles) {
  Rng rng(kSeed);
  const std::filesystem::path given = file("reference table");
  NewVersion first = new_version("m");
  ASSERT_TRUE(
      registry_
          ->add(std::move(first), registry_->stage(given).value(), registry_->stage(given).value())
          .has_value());
  // A connection must not be carried over a fork.
  registry_.reset();
  for (int kill = 0; kill < kKills; ++kill) {
    kill_one(given, rng);
    expect_intact();
    if (HasFatalFailure()) FAIL() << "seed " << kSeed << " kill " << kill;
  }
  registry_.emplace(Registry::open(data()).value());
  ASSERT_TRUE(registry_->collect_garbage()->collected) << "a killed writer still holds its lock";
  std::set<std::string> named;
  const std::vector<VersionRecord> records = registry_->show("m").value();
  for (const VersionRecord& record : records) {
    named.insert(record.artifact.filename());
    named.insert(record.reference->file.filename());
  }
  EXPECT_EQ(files_in_store(), named.size());
}

}  // namespace
}  // namespace temper::registry
