// SIGTERM and SIGINT for commands that run until they are told to stop.
#pragma once

#include <csignal>

namespace temper::cli {

/// Blocks both in every thread, so that `wait` alone takes them: make it before any thread.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A peer that hangs up is an error of one write, not of the process.
    std::signal(SIGPIPE, SIG_IGN);
  }
  [[nodiscard]] int wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
    return signal;
  }

 private:
  sigset_t set_{};
};

}  // namespace temper::cli
