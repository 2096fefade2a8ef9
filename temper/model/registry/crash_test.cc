// Kills writers at random moments, and before each of their steps in turn, and looks at what is
// left.
#include <sys/ptrace.h>
#include <sys/syscall.h>
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
  /// Adds a version, moves an alias to it, removes it again if asked to, and collects garbage.
  static bool write_once(Registry& registry, const std::filesystem::path& given,
                         std::string_view content, bool remove) {
    const std::filesystem::path own = given.string() + fmt::format("{}", ::getpid());
    if (!write_file_atomically(own, content)) return false;
    Result<StagedArtifact> staged = registry.stage(own);
    Result<StagedArtifact> reference = registry.stage(given);
    if (!staged || !reference) return false;
    const auto added = registry.add(new_version("m"), std::move(*staged), std::move(*reference));
    if (!added || !registry.set_alias("m", "challenger", added->version)) return false;
    if (!remove) return true;
    return registry.remove("m", added->version, true) && registry.collect_garbage();
  }

  /// Until it is killed; one byte a round to `progress`.
  [[noreturn]] static void write_for_ever(const std::filesystem::path& data,
                                          const std::filesystem::path& given, int progress,
                                          Rng rng) {
    Result<Registry> registry = Registry::open(data);
    while (registry) {
      const std::string content = fmt::format("model {}", rng());
      if (!write_once(*registry, given, content, rng.below(2) == 0)) break;
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

  enum class Outcome { kKilled, kFinished, kFailed, kNotAllowed };

  /// Runs one `write_once` in a child and kills it as it enters its `step`th system call that
  /// changes a file: all before it are done, that one is not.
  Outcome kill_before(int step, const std::filesystem::path& given) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
      ::raise(SIGSTOP);
      Result<Registry> registry = Registry::open(data());
      const std::string content = fmt::format("step {}", step);
      ::_exit(registry && write_once(*registry, given, content, true) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) return Outcome::kNotAllowed;
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, kOptions);
    for (int steps = 0;;) {
      ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
      ::waitpid(child, &status, 0);
      if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == 0 ? Outcome::kFinished : Outcome::kFailed;
      }
      if (!WIFSTOPPED(status)) return Outcome::kFailed;
      __ptrace_syscall_info info{};
      ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_a_file(info.entry.nr) &&
          ++steps == step) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return Outcome::kKilled;
      }
    }
  }

  static bool changes_a_file(std::uint64_t call) {
    switch (call) {
      case SYS_write:
      case SYS_pwrite64:
      case SYS_fsync:
      case SYS_fdatasync:
      case SYS_ftruncate:
      case SYS_openat:
      case SYS_renameat2:
#ifdef SYS_rename
      case SYS_rename:
      case SYS_unlink:
#endif
      case SYS_renameat:
      case SYS_unlinkat:
        return true;
      default:
        return false;
    }
  }

  /// The first version, with a reference, through a connection that is closed again: none must be
  /// carried over a fork.
  std::filesystem::path add_first() {
    const std::filesystem::path given = file("reference table");
    EXPECT_TRUE(registry_
                    ->add(new_version("m"), registry_->stage(given).value(),
                          registry_->stage(given).value())
                    .has_value());
    registry_.reset();
    return given;
  }

  void expect_no_leftovers() {
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
      EXPECT_EQ(sha256_file(record.artifact).value_or("missing"), record.artifact_sha256);
      ASSERT_TRUE(record.reference.has_value());
      EXPECT_EQ(sha256_file(record.reference->file).value_or("missing"), record.reference->sha256);
    }
  }
};

TEST_F(CrashTest, KilledWritersLeaveEveryRowWithItsFiles) {
  Rng rng(kSeed);
  const std::filesystem::path given = add_first();
  for (int kill = 0; kill < kKills; ++kill) {
    kill_one(given, rng);
    expect_intact();
    if (HasFailure()) FAIL() << "seed " << kSeed << " kill " << kill;
  }
  expect_no_leftovers();
}

TEST_F(CrashTest, AKillBeforeAnyStepLeavesEveryRowWithItsFiles) {
  const std::filesystem::path given = add_first();
  int step = 1;
  for (;; ++step) {
    const Outcome outcome = kill_before(step, given);
    ASSERT_NE(outcome, Outcome::kNotAllowed) << "this machine allows no tracing";
    ASSERT_NE(outcome, Outcome::kFailed) << "step " << step;
    if (outcome == Outcome::kFinished) break;
    expect_intact();
    if (HasFailure()) FAIL() << "killed before step " << step;
  }
  EXPECT_GT(step, 20) << "an add, an alias, a removal and a collection take more steps than that";
  expect_no_leftovers();
}

}  // namespace
}  // namespace temper::registry
