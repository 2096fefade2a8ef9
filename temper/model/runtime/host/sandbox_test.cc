#include "temper/model/runtime/host/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace temper::runtime {
namespace {

/// Runs `body` in a child (what it gives up does not come back) and gives the child's exit status.
template <typename Body>
void expect_exit_0_in_child(Body body) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(::_exit(body()), ::testing::ExitedWithCode(0), "");
}

bool kernel_filters() { return ::prctl(PR_GET_SECCOMP) == 2; }

bool is_denied(int result) { return result < 0 && errno == EPERM; }

TEST(SandboxTest, NoProgramIsStartedAndNoSocketMade) {
  expect_exit_0_in_child([] {
    enter_sandbox();
    if (!kernel_filters()) return 0;
    if (!is_denied(::socket(AF_INET, SOCK_STREAM, 0))) return 1;
    char* const argv[] = {nullptr};
    if (!is_denied(::execv("/bin/true", argv))) return 2;
    if (!is_denied(::kill(::getppid(), 0))) return 3;
    return 0;
  });
}

TEST(SandboxTest, FilesOpenUntilTheyAreClosedInEveryThread) {
  expect_exit_0_in_child([] {
    enter_sandbox();
    const int before = ::open("/proc/self/status", O_RDONLY);
    if (before < 0) return 1;
    close_files();
    if (!kernel_filters()) return 0;
    if (!is_denied(::open("/proc/self/status", O_RDONLY))) return 2;
    int in_thread = 3;
    std::thread([&] {
      if (is_denied(::open("/etc/passwd", O_RDONLY))) in_thread = 0;
    }).join();
    return in_thread;
  });
}

TEST(SandboxTest, MemoryAndThreadsAndAbortStillWork) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        enter_sandbox();
        close_files();
        std::thread([] { std::free(std::malloc(std::size_t{64} << 20)); }).join();
        std::abort();
      },
      ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace temper::runtime
