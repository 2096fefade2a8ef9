// An I/O thread of the HTTP front: one io_context, and short model runs between two polls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "temper/gateway/service/service.h"

namespace temper::gateway::http {

class IoThread final : public InlineRunner {
 public:
  // The hint tells Asio that one thread runs this context, though others may post to it.
  IoThread() : context_(1) {}

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  /// Called on this thread. The posted handler runs behind every handler that the same poll made
  /// ready, so that requests read together are queued before the first run.
  void run_later(const std::shared_ptr<ServedVersion>& served) override {
    for (const std::shared_ptr<ServedVersion>& each : waiting_) {
      if (each == served) return;
    }
    waiting_.push_back(served);
    if (waiting_.size() > 1) return;
    boost::asio::post(context_, [this] { run_waiting(); });
  }

 private:
  void run_waiting() {
    // Answers may bring in the next pipelined request, and with it new entries.
    running_.swap(waiting_);
    for (const std::shared_ptr<ServedVersion>& served : running_) served->executor->run_pending();
    running_.clear();
  }

  boost::asio::io_context context_;
  std::vector<std::shared_ptr<ServedVersion>> waiting_;
  std::vector<std::shared_ptr<ServedVersion>> running_;
};

}  // namespace temper::gateway::http
