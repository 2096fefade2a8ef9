#include "temper/core/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "temper/core/file.h"

namespace temper {
namespace {

using std::chrono::seconds;

/// Long enough for a busy machine; a test that passes never waits for it.
constexpr Duration kPatience = seconds(60);

ChildSpec shell(const std::string& script) { return {.argv = {"/bin/sh", "-c", script}}; }

ChildExit run(const ChildSpec& spec) {
  auto child = ChildProcess::spawn(spec);
  EXPECT_TRUE(child) << (child ? "" : child.error().message);
  if (!child) return {};
  const auto exit = child->wait(kPatience);
  EXPECT_TRUE(exit);
  return exit.value_or(ChildExit{});
}

/// What the child wrote to stdout and stderr.
std::string output_of(ChildSpec spec) {
  const auto folder = TemporaryFolder::create("child_process_test");
  EXPECT_TRUE(folder);
  spec.output_file = folder->path() / "output";
  EXPECT_TRUE(run(spec).ok());
  return read_file(*spec.output_file).value_or("unreadable");
}

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_writer();
    std::string text;
    char chunk[256];
    ssize_t got = 0;
    while ((got = ::read(ends[0], chunk, sizeof chunk)) > 0) {
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }
  std::array<int, 2> ends{};
};

bool ends_within(int pidfd, int patience_ms) {
  pollfd watched{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, patience_ms) == 1;
}

TEST(ChildProcessTest, ReportsTheExitStatus) {
  const ChildExit exit = run(shell("exit 3"));
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(exit.to_string(), "exit status 3");
}

TEST(ChildProcessTest, ReportsTheSignal) {
  const ChildExit exit = run(shell("kill -SEGV $$"));
  EXPECT_TRUE(exit.signalled);
  EXPECT_EQ(exit.to_string(), "signal 11 (Segmentation fault)");
}

TEST(ChildProcessTest, AMissingProgramIsAnErrorAtOnce) {
  const auto child = ChildProcess::spawn({.argv = {"/nonexistent/program"}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_NE(child.error().message.find("/nonexistent/program"), std::string::npos);
}

TEST(ChildProcessTest, AFileThatIsNoProgramIsAnErrorAtOnce) {
  const auto child = ChildProcess::spawn({.argv = {"/etc/passwd"}});
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().message.find("execute"), std::string::npos) << child.error().message;
}

TEST(ChildProcessTest, AnEmptyArgvIsRefused) {
  const auto child = ChildProcess::spawn({});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kInvalidArgument);
}

TEST(ChildProcessTest, SendsBothOutputsToTheFile) {
  EXPECT_EQ(output_of(shell("echo out; echo err >&2")), "out\nerr\n");
}

TEST(ChildProcessTest, ReadsNothingFromStdin) { EXPECT_EQ(output_of(shell("cat")), ""); }

TEST(ChildProcessTest, PassesDescriptorsInOrder) {
  Pipe first;
  Pipe second;
  ChildSpec spec = shell("echo one >&3; echo two >&4");
  spec.inherit = {first.ends[1], second.ends[1]};
  EXPECT_TRUE(run(spec).ok());
  EXPECT_EQ(first.read_all(), "one\n");
  EXPECT_EQ(second.read_all(), "two\n");
}

TEST(ChildProcessTest, PassesDescriptorsWhoseNumbersCross) {
  // Sources that are themselves targets, in swapped order: copying in place would lose one.
  Pipe first;
  Pipe second;
  const int saved3 = ::fcntl(3, F_DUPFD_CLOEXEC, 100);
  const int saved4 = ::fcntl(4, F_DUPFD_CLOEXEC, 100);
  const int one = ::fcntl(first.ends[1], F_DUPFD_CLOEXEC, 100);
  const int two = ::fcntl(second.ends[1], F_DUPFD_CLOEXEC, 100);
  ::dup3(one, 4, O_CLOEXEC);
  ::dup3(two, 3, O_CLOEXEC);
  ChildSpec spec = shell("echo one >&3; echo two >&4");
  spec.inherit = {4, 3};
  EXPECT_TRUE(run(spec).ok());
  ::close(one);
  ::close(two);
  ::close(3);
  ::close(4);
  if (saved3 >= 0) ::dup3(saved3, 3, O_CLOEXEC);
  if (saved4 >= 0) ::dup3(saved4, 4, O_CLOEXEC);
  ::close(saved3);
  ::close(saved4);
  EXPECT_EQ(first.read_all(), "one\n");
  EXPECT_EQ(second.read_all(), "two\n");
}

TEST(ChildProcessTest, ClosesEveryOtherDescriptor) {
  const int leaky = ::fcntl(2, F_DUPFD, 50);  // on purpose without close-on-exec
  ASSERT_GE(leaky, 50);
  // The folder itself is open as 3 while ls reads it.
  EXPECT_EQ(output_of({.argv = {"/bin/ls", "/proc/self/fd"}}), "0\n1\n2\n3\n");
  ::close(leaky);
}

TEST(ChildProcessTest, TheMemoryLimitStopsAnAllocation) {
  // tail keeps the bytes it may have to print.
  ChildSpec spec = shell("head -c 200000000 /dev/zero | tail -c 200000000 2>/dev/null | wc -c");
  EXPECT_EQ(output_of(spec), "200000000\n");
  spec.limits.memory_bytes = 64 << 20;
  EXPECT_EQ(output_of(spec), "0\n");
}

TEST(ChildProcessTest, TheCpuLimitStopsAnEndlessLoop) {
  ChildSpec spec = shell("while :; do :; done");
  spec.limits.cpu_seconds = 1;
  const ChildExit exit = run(spec);
  EXPECT_TRUE(exit.signalled);
  EXPECT_EQ(exit.code, SIGXCPU);
}

TEST(ChildProcessTest, AppliesTheRemainingLimits) {
  ChildSpec spec = shell("nproc; nice; ulimit -c");
  spec.limits.cpus = 1;
  spec.limits.nice = 5;
  EXPECT_EQ(output_of(spec), "1\n5\n0\n");
}

TEST(ChildProcessTest, HasDefaultSignalHandlers) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const ChildExit exit = run(shell("kill -PIPE $$; exit 0"));
  ::signal(SIGPIPE, before);
  EXPECT_TRUE(exit.signalled);
  EXPECT_EQ(exit.code, SIGPIPE);
}

TEST(ChildProcessTest, WaitGivesUpWhileTheChildRuns) {
  auto child = ChildProcess::spawn({.argv = {"/bin/sleep", "600"}});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(Duration{0}), std::nullopt);
  EXPECT_FALSE(ends_within(child->pidfd(), 0));
  child->kill();
  const auto exit = child->wait(kPatience);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, SIGKILL);
  EXPECT_EQ(child->wait(Duration{0})->code, SIGKILL);
}

TEST(ChildProcessTest, TheDestructorKillsTheWholeGroup) {
  Pipe pipe;
  {
    // Both sleepers hold the pipe open; end of file means that both are gone.
    ChildSpec spec = shell("sleep 600 & echo started >&3; sleep 600");
    spec.inherit = {pipe.ends[1]};
    auto child = ChildProcess::spawn(spec);
    ASSERT_TRUE(child);
    pipe.close_writer();
    char text[8];
    ASSERT_EQ(::read(pipe.ends[0], text, 8), 8);
  }
  EXPECT_EQ(pipe.read_all(), "");
}

TEST(ChildProcessTest, WhatAnEndedChildLeftRunningEndsToo) {
  Pipe pipe;
  ChildSpec spec = shell("sleep 600 & exit 0");
  spec.inherit = {pipe.ends[1]};
  auto child = ChildProcess::spawn(spec);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->wait(kPatience));
  EXPECT_EQ(pipe.read_all(), "");
}

TEST(ChildProcessTest, AMovedChildBelongsToItsNewOwner) {
  auto child = ChildProcess::spawn(shell("exit 4"));
  ASSERT_TRUE(child);
  ChildProcess owner(std::move(*child));
  EXPECT_EQ(owner.wait(kPatience)->code, 4);
}

TEST(ChildProcessTest, OutlivesTheThreadThatSpawnedIt) {
  Result<ChildProcess> child = fail(ErrorCode::kInternal, "not spawned");
  std::jthread([&] { child = ChildProcess::spawn({.argv = {"/bin/sleep", "600"}}); }).join();
  ASSERT_TRUE(child);
  // Another spawn goes through the kernel after the thread's end: had that killed the child, we
  // would see it now.
  EXPECT_TRUE(run(shell("exit 0")).ok());
  EXPECT_FALSE(ends_within(child->pidfd(), 50));
}

constexpr const char* kSleeperMode = "TEMPER_TEST_START_A_SLEEPER";

/// With that variable set this program starts a sleeper and dies without cleaning up, before main.
[[maybe_unused]] const bool kSleeperStarted = [] {
  if (std::getenv(kSleeperMode) == nullptr) return false;
  const auto child = ChildProcess::spawn({.argv = {"/bin/sleep", "600"}});
  const pid_t pid = child ? child->pid() : -1;
  [[maybe_unused]] const ssize_t wrote = ::write(3, &pid, sizeof pid);
  char go = 0;
  [[maybe_unused]] const ssize_t got = ::read(4, &go, 1);
  ::_exit(0);
}();

TEST(ChildProcessTest, DiesWithItsParent) {
  Pipe pid_pipe;
  Pipe go_pipe;
  auto parent = ChildProcess::spawn({
      .argv = {"/usr/bin/env", std::string(kSleeperMode) + "=1", own_program_path()},
      .inherit = {pid_pipe.ends[1], go_pipe.ends[0]},
  });
  ASSERT_TRUE(parent) << parent.error().message;
  pid_t sleeper = -1;
  ASSERT_EQ(::read(pid_pipe.ends[0], &sleeper, sizeof sleeper),
            static_cast<ssize_t>(sizeof sleeper));
  ASSERT_GT(sleeper, 0);
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, sleeper, 0));
  ASSERT_GE(pidfd, 0);
  EXPECT_FALSE(ends_within(pidfd, 0));
  go_pipe.close_writer();
  EXPECT_TRUE(ends_within(pidfd, 60'000));
  ::close(pidfd);
  EXPECT_TRUE(parent->wait(kPatience)->ok());
}

TEST(ChildProcessTest, ManyThreadsSpawnAtOnce) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(run(shell("exit " + std::to_string(t + 1))).code, t + 1);
      }
    });
  }
}

}  // namespace
}  // namespace temper
