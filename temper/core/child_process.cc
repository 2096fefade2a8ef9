#include "temper/core/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>

namespace temper {
namespace {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

enum class Step : int {
  kGroup,
  kParentWatch,
  kDescriptors,
  kMemoryLimit,
  kCpuLimit,
  kCoreLimit,
  kAffinity,
  kNice,
  kExec
};

const char* step_name(Step step) {
  switch (step) {
    case Step::kGroup:
      return "make its process group";
    case Step::kParentWatch:
      return "tie it to its parent";
    case Step::kDescriptors:
      return "hand over its descriptors";
    case Step::kMemoryLimit:
      return "limit its memory";
    case Step::kCpuLimit:
      return "limit its processor time";
    case Step::kCoreLimit:
      return "forbid core dumps";
    case Step::kAffinity:
      return "limit its processors";
    case Step::kNice:
      return "set its niceness";
    case Step::kExec:
      return "execute it";
  }
  return "start it";
}

struct Failure {
  Step step;
  int error;
};

/// Everything the child needs, made ready by the parent: between vfork and exec the child may not
/// allocate, lock, or touch anything but these values and system calls.
struct Plan {
  std::vector<char*> argv;
  ChildLimits limits;
  std::vector<int> inherit;
  std::vector<int> moved;  // room for the child's duplicates
  int input = -1;
  int output = -1;  // -1 = keep the parent's
  int report = -1;
  pid_t parent = 0;
  bool set_affinity = false;
  cpu_set_t processors{};
};

[[noreturn]] void report_and_exit(int report, Step step) {
  const Failure failure{step, errno};
  [[maybe_unused]] const ssize_t ignored = ::write(report, &failure, sizeof failure);
  ::_exit(127);
}

bool set_limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  return ::setrlimit(resource, &limit) == 0;
}

/// Leaves 0..2 and 3..3+n as planned and marks all others to be closed by exec. Returns the
/// report descriptor, moved out of the way, or -1.
int arrange_descriptors(Plan& plan) {
  const int first_free = 3 + static_cast<int>(plan.inherit.size());
  const int report = ::fcntl(plan.report, F_DUPFD_CLOEXEC, first_free);
  if (report < 0) return -1;
  // Twice, since a target number may itself be one of the sources.
  for (std::size_t k = 0; k < plan.inherit.size(); ++k) {
    plan.moved[k] = ::fcntl(plan.inherit[k], F_DUPFD_CLOEXEC, first_free);
    if (plan.moved[k] < 0) return -1;
  }
  if (::dup2(plan.input, 0) < 0) return -1;
  if (plan.output >= 0 && (::dup2(plan.output, 1) < 0 || ::dup2(plan.output, 2) < 0)) return -1;
  for (std::size_t k = 0; k < plan.inherit.size(); ++k) {
    if (::dup2(plan.moved[k], 3 + static_cast<int>(k)) < 0) return -1;
  }
  if (::close_range(static_cast<unsigned>(first_free), ~0U, CLOSE_RANGE_CLOEXEC) != 0) return -1;
  return report;
}

void restore_signals() {
  // Handlers first: one that ran here would run in the parent's memory.
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_child(Plan& plan) {
  const int original_report = plan.report;
  if (::setpgid(0, 0) != 0) report_and_exit(original_report, Step::kGroup);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != plan.parent) {
    report_and_exit(original_report, Step::kParentWatch);
  }
  const int report = arrange_descriptors(plan);
  if (report < 0) report_and_exit(original_report, Step::kDescriptors);
  const ChildLimits& limits = plan.limits;
  if (!set_limit(RLIMIT_CORE, 0, 0)) report_and_exit(report, Step::kCoreLimit);
  if (limits.cpu_seconds != 0 &&
      !set_limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)) {
    report_and_exit(report, Step::kCpuLimit);
  }
  if (plan.set_affinity && ::sched_setaffinity(0, sizeof plan.processors, &plan.processors) != 0) {
    report_and_exit(report, Step::kAffinity);
  }
  if (limits.nice != 0 && ::setpriority(PRIO_PROCESS, 0, limits.nice) != 0) {
    report_and_exit(report, Step::kNice);
  }
  if (limits.memory_bytes != 0 &&
      !set_limit(RLIMIT_DATA, limits.memory_bytes, limits.memory_bytes)) {
    report_and_exit(report, Step::kMemoryLimit);
  }
  restore_signals();
  ::execv(plan.argv[0], plan.argv.data());
  report_and_exit(report, Step::kExec);
}

/// vfork and not fork: a serving process holds gigabytes, and copying its page tables would stall
/// every request. Its own function, since the child borrows this frame until exec.
[[gnu::noinline]] pid_t launch(Plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) become_child(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

/// Picks `count` of the processors we may use, each time starting further on, so that several
/// children do not crowd on the first ones. False when that would be no limit.
bool choose_processors(int count, cpu_set_t& chosen) {
  // Atomic: spawns may come from several threads, and any order will do.
  static std::atomic<unsigned> turn{0};
  cpu_set_t allowed;
  if (count <= 0 || ::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  std::vector<int> usable;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) usable.push_back(cpu);
  }
  if (count >= static_cast<int>(usable.size())) return false;
  CPU_ZERO(&chosen);
  const unsigned first = turn.fetch_add(static_cast<unsigned>(count));
  for (int k = 0; k < count; ++k) {
    CPU_SET(usable[(first + static_cast<unsigned>(k)) % usable.size()], &chosen);
  }
  return true;
}

std::unexpected<Error> spawn_failure(const std::string& program, const char* what, int error) {
  return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInternal,
              "cannot start '{}': cannot {}: {}", program, what, std::strerror(error));
}

struct Started {
  pid_t pid = -1;
  int pidfd = -1;
};

Result<Started> start(const ChildSpec& spec) {
  const std::string& program = spec.argv[0];
  Plan plan;
  plan.limits = spec.limits;
  plan.inherit = spec.inherit;
  std::vector<std::string> arguments = spec.argv;
  for (std::string& argument : arguments) plan.argv.push_back(argument.data());
  plan.argv.push_back(nullptr);
  plan.moved.resize(spec.inherit.size());
  plan.parent = ::getpid();
  plan.set_affinity = choose_processors(spec.limits.cpus, plan.processors);

  const Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (input.get() < 0) return spawn_failure(program, "open /dev/null", errno);
  plan.input = input.get();
  Descriptor output;
  if (spec.output_file) {
    output.reset(::open(spec.output_file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (output.get() < 0) return spawn_failure(program, "create its output file", errno);
    plan.output = output.get();
  }
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) return spawn_failure(program, "make a pipe", errno);
  const Descriptor reports(pipe_ends[0]);
  Descriptor report(pipe_ends[1]);
  plan.report = report.get();

  const pid_t pid = launch(plan);
  if (pid < 0) return spawn_failure(program, "create a process", errno);
  report.close();
  // Ends at once when exec succeeds, since exec closes the last writer.
  Failure failure{};
  ssize_t got = 0;
  do {
    got = ::read(reports.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof failure) {
    ::waitpid(pid, nullptr, 0);
    return spawn_failure(program, step_name(failure.step), failure.error);
  }
  // glibc's own wrapper is declared without C linkage in 2.36.
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return spawn_failure(program, "watch it", error);
  }
  return Started{.pid = pid, .pidfd = pidfd};
}

/// The kernel kills a child when the *thread* that made it ends, not the process. So one thread,
/// which lives as long as the program, makes them all.
class Spawner {
 public:
  static Spawner& instance() {
    static Spawner spawner;
    return spawner;
  }

  Result<Started> run(const ChildSpec& spec) {
    std::promise<Result<Started>> promise;
    auto answer = promise.get_future();
    {
      const std::scoped_lock lock(mutex_);
      jobs_.push_back({&spec, &promise});
    }
    wake_.notify_one();
    return answer.get();
  }

 private:
  struct Job {
    const ChildSpec* spec;
    std::promise<Result<Started>>* promise;
  };

  Spawner() : thread_([this](const std::stop_token& stop) { loop(stop); }) {}

  void loop(const std::stop_token& stop) {
    for (;;) {
      Job job{};
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
        job = jobs_.front();
        jobs_.pop_front();
      }
      job.promise->set_value(start(*job.spec));
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  // guarded by mutex_; bounded by the number of threads that wait in run()
  std::deque<Job> jobs_;
  std::jthread thread_;
};

}  // namespace

std::string ChildExit::to_string() const {
  if (!signalled) return fmt::format("exit status {}", code);
  const char* const text = ::sigdescr_np(code);
  return fmt::format("signal {} ({})", code, text == nullptr ? "unknown" : text);
}

Result<ChildProcess> ChildProcess::spawn(const ChildSpec& spec) {
  if (spec.argv.empty()) return fail(ErrorCode::kInvalidArgument, "argv is empty");
  TEMPER_TRY(const Started started, Spawner::instance().run(spec));
  return ChildProcess(started.pid, started.pidfd);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      exit_(std::exchange(other.exit_, std::nullopt)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::exchange(other.pidfd_, -1);
  exit_ = std::exchange(other.exit_, std::nullopt);
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::end() {
  if (pid_ > 0 && !exit_) {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) ::close(pidfd_);
  pid_ = -1;
  pidfd_ = -1;
  exit_.reset();
}

std::optional<ChildExit> ChildProcess::wait(Duration patience) {
  if (exit_ || pid_ <= 0) return exit_;
  const TimePoint start = system_clock_instance().now();
  for (;;) {
    const Duration left = std::max(Duration{0}, patience - (system_clock_instance().now() - start));
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{.tv_sec = whole.count(), .tv_nsec = (left - whole).count()};
    pollfd watched{.fd = pidfd_, .events = POLLIN, .revents = 0};
    const int ready = ::ppoll(&watched, 1, &timeout, nullptr);
    if (ready > 0) break;
    if (ready == 0) return std::nullopt;
  }
  // While the child is unreaped its number names its own group and nobody else's; what it left
  // running ends with it.
  kill();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_ = WIFSIGNALED(status) ? ChildExit{.signalled = true, .code = WTERMSIG(status)}
                              : ChildExit{.signalled = false, .code = WEXITSTATUS(status)};
  return exit_;
}

void ChildProcess::kill() {
  if (pid_ > 0 && !exit_) ::kill(-pid_, SIGKILL);
}

std::string own_program_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace temper
