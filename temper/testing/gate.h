// Lets a test stop threads at a known point, without sleeping.
#pragma once

#include <condition_variable>
#include <mutex>

namespace temper {

/// Threads that `pass` wait while it is shut; it starts open. Safe from any thread.
class Gate {
 public:
  void shut() {
    const std::scoped_lock lock(mutex_);
    open_ = false;
  }
  void open() {
    {
      const std::scoped_lock lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
  }
  /// Returns once `threads` threads wait before the gate.
  void wait_for_waiting(int threads) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= threads; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // guarded by mutex_
  bool open_ = true;
  int inside_ = 0;
};

}  // namespace temper
