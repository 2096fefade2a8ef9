// Kills the journal's owner at random moments, and before each of its steps in turn, and looks at
// what is left: every append and every acknowledgement that returned is there, and none counts
// twice.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>

#include "temper/core/file.h"
#include "temper/core/rng.h"
#include "temper/record/streams/journal/journal.h"

namespace temper::streams {
namespace {

constexpr std::uint64_t kSeed = 1970;
constexpr int kKills = 25;
constexpr std::string_view kGroup = "workers";

/// What a writer says through its pipe once the call has returned.
struct Word {
  char what = 'A';  // 'A' appended, 'K' acknowledged
  std::uint64_t number = 0;
};

class JournalCrashTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "journal"; }

  /// Small segments, so that kills hit their making too.
  [[nodiscard]] static JournalConfig config() { return {.segment_max_bytes = 4096}; }

  static bool say(int pipe_end, Word word) {
    return ::write(pipe_end, &word, sizeof word) == sizeof word;
  }

  /// Appends numbered records, reads some as a group and acknowledges every second, trims now and
  /// then; says what has returned. Gives up at the first error.
  static bool work(const std::filesystem::path& folder, int pipe_end, std::uint64_t first,
                   std::uint64_t records) {
    const auto journal = Journal::open(folder, config());
    if (!journal) return false;
    const Result<Stream*> stream = (*journal)->open("EVENTS");
    if (!stream || !(*stream)->create_group(kGroup, GroupStart::kFromBeginning)) return false;
    for (std::uint64_t number = first; number < first + records; ++number) {
      const std::string text = fmt::format("{} {}", number, std::string(1000, 'x'));
      if (!(*stream)->append(text) || !say(pipe_end, {'A', number})) return false;
      if (number % 3 != 0) continue;
      const auto got =
          (*stream)->read({.group = std::string(kGroup), .consumer = "c", .max_entries = 2});
      if (!got) return false;
      for (const Delivery& delivery : *got) {
        const std::vector<EntryId> ids{delivery.entry.id};
        if (!(*stream)->acknowledge(kGroup, ids)) return false;
        if (!say(pipe_end, {'K', std::stoull(delivery.entry.bytes)})) return false;
      }
    }
    return true;
  }

  /// Notes what the writer says next; false once its end of the pipe has closed.
  bool listen_once(int pipe_end) {
    Word word;
    if (::read(pipe_end, &word, sizeof word) != sizeof word) return false;
    if (word.what == 'A') {
      appended_.insert(word.number);
    } else {
      EXPECT_TRUE(acknowledged_.insert(word.number).second)
          << word.number << " was given as new after it had been acknowledged";
    }
    return true;
  }
  void listen(int pipe_end) {
    while (listen_once(pipe_end)) {
    }
    ::close(pipe_end);
  }

  void expect_intact() {
    const auto journal = Journal::open(folder(), config());
    ASSERT_TRUE(journal.has_value()) << journal.error().message;
    const Result<Stream*> opened = (*journal)->open("EVENTS");
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    Stream& stream = **opened;
    std::map<std::uint64_t, int> there;
    EntryId before;
    const std::vector<Entry> all = stream.range({}, kLastPossibleId, 1'000'000).value();
    for (const Entry& entry : all) {
      EXPECT_GT(entry.id, before);
      before = entry.id;
      ++there[std::stoull(entry.bytes)];
      last_number_ = std::max(last_number_, std::stoull(entry.bytes));
    }
    for (const std::uint64_t number : appended_) {
      EXPECT_EQ(there[number], 1) << "record " << number << " had been appended";
    }
    if (stream.pending(kGroup, 1).has_value()) {
      // Everything that was not acknowledged is still to be had; nothing that was.
      const auto pending = stream.claim({.group = std::string(kGroup),
                                         .consumer = "checker",
                                         .min_idle = Duration{0},
                                         .max_entries = 1'000'000});
      for (const Delivery& delivery : pending.value()) {
        EXPECT_FALSE(acknowledged_.contains(std::stoull(delivery.entry.bytes)));
      }
    }
    EXPECT_EQ(stream.info()->damaged, 0U);
  }

  TemporaryFolder temporary_ = TemporaryFolder::create("temper-crash").value();
  std::set<std::uint64_t> appended_;
  std::set<std::uint64_t> acknowledged_;
  unsigned long long last_number_ = 0;
};

TEST_F(JournalCrashTest, WhatReturnedIsThereAfterKillsAtRandomMoments) {
  Rng rng(kSeed);
  for (int kill = 0; kill < kKills; ++kill) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const std::uint64_t first = last_number_ + 1;
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      work(folder(), pipe_ends[1], first, UINT64_MAX / 2);
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    for (std::uint64_t words = rng.below(20); words > 0; --words) {
      ASSERT_TRUE(listen_once(pipe_ends[0])) << "the writer gave up";
    }
    const TimePoint until =
        system_clock_instance().now() + std::chrono::microseconds(rng.below(20'000));
    while (system_clock_instance().now() < until) {
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer gave up";
    listen(pipe_ends[0]);
    expect_intact();
    if (HasFailure()) FAIL() << "seed " << kSeed << " kill " << kill;
  }
  EXPECT_GT(appended_.size(), 20U);
  EXPECT_GT(acknowledged_.size(), 5U);
}

bool changes_a_file(std::uint64_t call) {
  switch (call) {
    case SYS_pwrite64:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_ftruncate:
    case SYS_fallocate:
    case SYS_openat:
#ifdef SYS_open
    case SYS_open:
    case SYS_unlink:
    case SYS_rename:
    case SYS_mkdir:
#endif
    case SYS_unlinkat:
    case SYS_mkdirat:
      return true;
    default:
      return false;
  }
}

enum class Outcome { kKilled, kFinished, kFailed, kNotAllowed };

/// Lets a traced child with all its threads run up to its `step`th system call that changes a file,
/// and kills it there: all before it are done, that one is not.
Outcome run_and_kill_before(pid_t child, int step) {
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) return Outcome::kNotAllowed;
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, kOptions);
  ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  for (int steps = 0;;) {
    const pid_t thread = ::waitpid(-1, &status, __WALL);
    if (thread < 0) return Outcome::kFailed;
    if (thread == child && WIFEXITED(status)) {
      return WEXITSTATUS(status) == 0 ? Outcome::kFinished : Outcome::kFailed;
    }
    if (!WIFSTOPPED(status)) continue;  // a thread's end
    long signal = 0;
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      __ptrace_syscall_info info{};
      ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_a_file(info.entry.nr) &&
          ++steps == step) {
        ::kill(child, SIGKILL);
        while (::waitpid(-1, &status, __WALL) > 0) {
        }
        return Outcome::kKilled;
      }
    } else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
      signal = WSTOPSIG(status);
    }
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
  }
}

TEST_F(JournalCrashTest, WhatReturnedIsThereAfterAKillBeforeAnyStep) {
  constexpr std::uint64_t kRecords = 7;  // the sixth begins a new segment
  int step = 1;
  for (;; ++step) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
      ::raise(SIGSTOP);
      ::_exit(work(folder(), pipe_ends[1], last_number_ + 1, kRecords) ? 0 : 1);
    }
    ::close(pipe_ends[1]);
    const Outcome outcome = run_and_kill_before(child, step);
    listen(pipe_ends[0]);
    ASSERT_NE(outcome, Outcome::kNotAllowed) << "this machine allows no tracing";
    ASSERT_NE(outcome, Outcome::kFailed) << "step " << step;
    expect_intact();
    if (HasFailure()) FAIL() << "killed before step " << step;
    if (outcome == Outcome::kFinished) break;
    if (step > 40) ++step;
    // Afresh, for an owner opens every segment that is there, each in some steps.
    std::filesystem::remove_all(folder());
    appended_.clear();
    acknowledged_.clear();
    last_number_ = 0;
  }
  EXPECT_GT(step, 40) << "appends, acknowledgements and a new segment take more steps than that";
}

}  // namespace
}  // namespace temper::streams
