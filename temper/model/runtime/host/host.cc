#include "temper/model/runtime/host/host.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "temper/core/log.h"
#include "temper/model/runtime/host/descriptor.h"
#include "temper/model/runtime/host/host_process.h"
#include "temper/model/runtime/host/restart_backoff.h"

namespace temper::runtime {
namespace {

int whole_milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

/// Waits for one of two descriptors; true when it was `first` (too).
bool first_is_readable(int first, int second) {
  pollfd watched[2] = {{.fd = first, .events = POLLIN, .revents = 0},
                       {.fd = second, .events = POLLIN, .revents = 0}};
  while (::poll(watched, 2, -1) < 0) {
  }
  return watched[0].revents != 0;
}

/// The child that lives now, and the thread that replaces it when it dies.
class SupervisedInstance final : public HostedInstance {
 public:
  SupervisedInstance(HostConfig config, LoadOptions options, std::shared_ptr<HostProcess> first,
                     Descriptor stop_event)
      : config_(std::move(config)),
        options_(std::move(options)),
        signature_(first->signature()),
        stop_event_(std::move(stop_event)),
        current_(std::move(first)),
        thread_([this](const std::stop_token& stop) { supervise(stop); }) {}

  ~SupervisedInstance() override {
    thread_.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = ::write(stop_event_.get(), &one, sizeof one);
    thread_.join();
  }

  SupervisedInstance(const SupervisedInstance&) = delete;
  SupervisedInstance& operator=(const SupervisedInstance&) = delete;

  const Signature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> run(const RunRequest& request) override {
    std::shared_ptr<HostProcess> host;
    {
      const std::scoped_lock lock(mutex_);
      host = current_;
      if (host == nullptr) {
        const Duration left = next_start_ - system_clock_instance().now();
        return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                     .message = "the model's host is being restarted",
                                     .retry_after_ms = std::max(1, whole_milliseconds(left))});
      }
    }
    return host->run(request);
  }

  std::optional<pid_t> pid() const override {
    const std::scoped_lock lock(mutex_);
    return current_ == nullptr ? std::nullopt : std::optional(current_->pid());
  }

  std::uint64_t restarts() const override {
    const std::scoped_lock lock(mutex_);
    return restarts_;
  }

 private:
  void supervise(const std::stop_token& stop) {
    const Clock& clock = system_clock_instance();
    RestartBackoff backoff({.first_delay = config_.first_restart_delay,
                            .longest_delay = config_.longest_restart_delay,
                            .healthy_after = std::chrono::seconds(10)});
    Rng rng(random_seed());
    std::shared_ptr<HostProcess> host = current_;
    TimePoint started = clock.now();
    while (host != nullptr && first_is_readable(host->pidfd(), stop_event_.get()) &&
           !stop.stop_requested()) {
      const Duration lived = clock.now() - started;
      {
        const std::scoped_lock lock(mutex_);
        current_ = nullptr;
        next_start_ = clock.now() + config_.first_restart_delay;
      }
      const ChildExit exit = host->bury();
      log::warning("model host died", {{"artifact", options_.artifact.string()},
                                       {"cause", exit.to_string()},
                                       {"lived_ms", whole_milliseconds(lived)}});
      host = restart(stop, backoff, lived, rng);
      started = clock.now();
    }
  }

  /// Tries until a child serves; null only when stopped.
  std::shared_ptr<HostProcess> restart(const std::stop_token& stop, RestartBackoff& backoff,
                                       Duration lived, Rng& rng) {
    while (!stop.stop_requested()) {
      const Duration delay = backoff.next_delay(lived, rng);
      lived = Duration{0};
      {
        std::unique_lock lock(mutex_);
        next_start_ = system_clock_instance().now() + delay;
        stopped_.wait_until(lock, stop, next_start_, [] { return false; });
      }
      if (stop.stop_requested()) break;
      auto host = HostProcess::start(config_, options_, stop);
      if (!host && stop.stop_requested()) break;
      if (!host) {
        log::warning("model host does not start",
                     {{"artifact", options_.artifact.string()}, {"cause", host.error().message}});
        continue;
      }
      if ((*host)->signature() != signature_) {
        // The file was replaced under us; content-addressed artifacts never are.
        log::error("model host came back with another model",
                   {{"artifact", options_.artifact.string()}});
        continue;
      }
      const std::scoped_lock lock(mutex_);
      current_ = *host;
      ++restarts_;
      return *host;
    }
    return nullptr;
  }

  // constant after construction
  const HostConfig config_;
  const LoadOptions options_;
  const Signature signature_;
  const Descriptor stop_event_;

  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  // guarded by mutex_
  std::shared_ptr<HostProcess> current_;
  TimePoint next_start_{};
  std::uint64_t restarts_ = 0;

  std::jthread thread_;
};

class HostRuntime final : public Runtime {
 public:
  explicit HostRuntime(HostConfig config) : config_(std::move(config)) {}

  Result<std::unique_ptr<Instance>> load(const LoadOptions& options) override {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(options.artifact, ignored)) {
      return fail(ErrorCode::kNotFound, "no file '{}'", options.artifact.string());
    }
    Descriptor stop_event(::eventfd(0, EFD_CLOEXEC));
    if (stop_event.get() < 0) return fail(ErrorCode::kResourceExhausted, "no descriptor is left");
    TEMPER_TRY(auto first, HostProcess::start(config_, options, std::stop_token()));
    return std::unique_ptr<Instance>(std::make_unique<SupervisedInstance>(
        config_, options, std::move(first), std::move(stop_event)));
  }

 private:
  const HostConfig config_;
};

}  // namespace

Status HostConfig::validate() const {
  const auto positive = [](std::string_view field, Duration value) -> Status {
    if (value > Duration{0}) return {};
    return fail(ErrorCode::kInvalidArgument, "{} must be positive", field);
  };
  if (slots < 1 || slots > static_cast<int>(kMaxSlots)) {
    return fail(ErrorCode::kInvalidArgument, "slots must lie in [1, {}], not {}", kMaxSlots, slots);
  }
  constexpr std::uint64_t kLeastSlot = std::uint64_t{64} << 10;
  constexpr std::uint64_t kLargestSlot = std::uint64_t{64} << 30;
  if (slot_bytes < kLeastSlot || slot_bytes > kLargestSlot) {
    return fail(ErrorCode::kInvalidArgument, "slot_bytes must lie in [{}, {}], not {}", kLeastSlot,
                kLargestSlot, slot_bytes);
  }
  if (cpus < 0) return fail(ErrorCode::kInvalidArgument, "cpus must not be negative");
  TEMPER_TRY_STATUS(positive("load_patience", load_patience));
  TEMPER_TRY_STATUS(positive("grace", grace));
  TEMPER_TRY_STATUS(positive("first_restart_delay", first_restart_delay));
  TEMPER_TRY_STATUS(positive("longest_restart_delay", longest_restart_delay));
  return {};
}

Result<std::unique_ptr<Runtime>> create_host_runtime(HostConfig config) {
  TEMPER_TRY_STATUS(config.validate());
  return std::unique_ptr<Runtime>(std::make_unique<HostRuntime>(std::move(config)));
}

}  // namespace temper::runtime
