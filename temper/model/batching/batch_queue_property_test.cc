// Random traces against the promises of batch_queue.h. A failure prints the seed of its trace.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "temper/core/rng.h"
#include "temper/model/batching/batch_queue.h"

namespace temper::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kTraces = 3000;
constexpr int kSteps = 150;

struct Tracked {
  Entry entry;
  Ticket ticket;
  std::uint64_t order = 0;  // of acceptance
};

int clamped(int priority) { return std::clamp(priority, kHighestPriority, kLowestPriority); }

/// Plays one trace and keeps its own books beside the machine.
class Trace {
 public:
  explicit Trace(std::uint64_t seed) : rng_(seed), config_(any_config()), queue_(config_) {}

  void play() {
    for (int step = 0; step < kSteps && !::testing::Test::HasFatalFailure(); ++step) {
      switch (rng_.below(8)) {
        case 0:
          now_ += microseconds(rng_.below(3000));
          break;
        case 1:
          check_batch();
          break;
        case 2:
          check_cancel();
          break;
        case 3:
          end_one_batch();
          break;
        default:
          check_enqueue();
      }
      check_books();
    }
    drain();
  }

 private:
  BatchingConfig any_config() {
    BatchingConfig config;
    config.max_batch_rows = 1 + static_cast<std::int64_t>(rng_.below(16));
    config.max_batch_rows_under_load =
        config.max_batch_rows + static_cast<std::int64_t>(rng_.below(32));
    config.eager = rng_.below(2) == 0;
    config.max_queue_delay = milliseconds(rng_.below(6));
    config.max_queued_rows = 1 + static_cast<std::int64_t>(rng_.below(200));
    config.max_queued_requests = 1 + rng_.below(60);
    config.instances = 1 + static_cast<int>(rng_.below(4));
    config.priority_step = milliseconds(rng_.below(3) * 5);
    return config;
  }

  void check_enqueue() {
    Entry entry;
    entry.id = next_id_++;
    entry.rows = static_cast<std::int64_t>(rng_.below(12));
    entry.priority = static_cast<int>(rng_.below(11));
    entry.arrival = now_ - microseconds(rng_.below(500));
    if (rng_.below(3) == 0) entry.deadline = now_ + microseconds(rng_.below(20'000));
    entry.group = rng_.below(3);
    entry.batchable = rng_.below(10) != 0;

    const std::int64_t weight = std::max<std::int64_t>(entry.rows, 1);
    const bool fits =
        waiting_.size() < config_.max_queued_requests && rows_ + weight <= config_.max_queued_rows;
    const auto ticket = queue_.enqueue(entry);
    ASSERT_EQ(ticket.has_value(), fits || waiting_.empty());
    if (!ticket) {
      ASSERT_GE(ticket.error().retry_after, milliseconds(1));
      ASSERT_LE(ticket.error().retry_after, std::chrono::seconds(10));
      return;
    }
    waiting_[entry.id] = {.entry = entry, .ticket = *ticket, .order = next_order_++};
    rows_ += weight;
  }

  void forget(std::uint64_t id) {
    const auto found = waiting_.find(id);
    ASSERT_NE(found, waiting_.end()) << "lost, repeated or invented";
    rows_ -= std::max<std::int64_t>(found->second.entry.rows, 1);
    waiting_.erase(found);
  }

  void check_cancel() {
    if (waiting_.empty()) return;
    const auto victim = std::next(waiting_.begin(), static_cast<long>(rng_.below(waiting_.size())));
    const Ticket ticket = victim->second.ticket;
    ASSERT_EQ(queue_.cancel(ticket), victim->first);
    forget(victim->first);
    ASSERT_EQ(queue_.cancel(ticket), std::nullopt);
  }

  void check_expired() {
    std::vector<std::uint64_t> ids;
    queue_.take_expired(now_, ids);
    for (const std::uint64_t id : ids) {
      ASSERT_TRUE(waiting_.contains(id));
      ASSERT_LE(waiting_[id].entry.deadline, now_);
      forget(id);
    }
    for (const auto& [id, each] : waiting_) ASSERT_GT(each.entry.deadline, now_);
  }

  /// The oldest group's hold may not outlast the delay or a deadline.
  [[nodiscard]] bool must_run() const {
    return std::ranges::any_of(waiting_, [&](const auto& pair) {
      const Entry& entry = pair.second.entry;
      return config_.eager || entry.arrival + config_.max_queue_delay <= now_;
    });
  }

  void check_batch() {
    check_expired();
    const bool promised = queue_.runnable(now_);
    const bool must = must_run();
    const std::int64_t bound = queue_.row_bound();
    ASSERT_GE(bound, 1);
    ASSERT_LE(bound, config_.max_batch_rows_under_load);
    std::vector<std::uint64_t> ids;
    const std::int64_t rows = queue_.next_batch(now_, ids);
    ASSERT_EQ(rows > 0, promised);
    ASSERT_EQ(ids.empty(), !promised);
    if (must) {
      ASSERT_TRUE(promised) << "held longer than allowed";
    }
    if (!promised) {
      ASSERT_TRUE(waiting_.empty() || queue_.held_until() > now_);
      return;
    }
    check_members(ids, rows, bound);
    for (const std::uint64_t id : ids) forget(id);
    running_.push_back(rows);
  }

  void end_one_batch() {
    if (running_.empty()) return;
    queue_.finished(running_.back());
    queue_.learn(running_.back(), microseconds(rng_.below(2000)));
    running_.pop_back();
  }

  void check_members(const std::vector<std::uint64_t>& ids, std::int64_t promised,
                     std::int64_t bound) {
    std::int64_t rows = 0;
    for (const std::uint64_t id : ids) {
      ASSERT_TRUE(waiting_.contains(id));
      const Tracked& member = waiting_[id];
      rows += std::max<std::int64_t>(member.entry.rows, 1);
      ASSERT_EQ(member.entry.group, waiting_[ids[0]].entry.group);
      if (ids.size() > 1) {
        ASSERT_TRUE(member.entry.batchable);
      }
    }
    ASSERT_EQ(rows, promised);
    if (ids.size() > 1) {
      ASSERT_LE(rows, bound);
    }
    // First come, first served inside a group and priority; nobody is overtaken from further back
    // than the priorities are worth.
    for (const auto& [id, left] : waiting_) {
      if (std::ranges::find(ids, id) != ids.end()) continue;
      for (const std::uint64_t taken : ids) check_order(waiting_[taken], left);
    }
    for (std::size_t k = 1; k < ids.size(); ++k)
      check_order(waiting_[ids[k - 1]], waiting_[ids[k]]);
  }

  void check_order(const Tracked& first, const Tracked& second) const {
    if (first.entry.group != second.entry.group) return;
    const auto key = [&](const Tracked& each) {
      return std::pair(each.entry.arrival + config_.priority_step * clamped(each.entry.priority),
                       each.order);
    };
    ASSERT_LT(key(first), key(second));
    ASSERT_LE(first.entry.arrival - second.entry.arrival,
              config_.priority_step * (kLowestPriority - kHighestPriority));
  }

  void check_books() {
    ASSERT_EQ(queue_.queued_requests(), waiting_.size());
    ASSERT_EQ(queue_.queued_rows(), rows_);
    ASSERT_EQ(queue_.empty(), waiting_.empty());
    TimePoint earliest = kNever;
    for (const auto& [id, each] : waiting_) earliest = std::min(earliest, each.entry.deadline);
    ASSERT_EQ(queue_.next_deadline(), earliest);
    // No hold reaches beyond what each waiting request allows.
    ASSERT_TRUE(config_.eager || waiting_.empty() || queue_.runnable(now_) ||
                queue_.held_until() <= now_ + kMaxQueueDelayCeiling);
  }

  void drain() {
    now_ += kMaxQueueDelayCeiling;
    while (!waiting_.empty() && !::testing::Test::HasFatalFailure()) check_batch();
    ASSERT_TRUE(queue_.empty());
  }

  Rng rng_;
  BatchingConfig config_;
  std::vector<std::int64_t> running_;
  BatchQueue queue_;
  TimePoint now_{std::chrono::seconds(1)};
  std::map<std::uint64_t, Tracked> waiting_;
  std::int64_t rows_ = 0;
  std::uint64_t next_id_ = 0;
  std::uint64_t next_order_ = 0;
};

TEST(BatchQueuePropertyTest, KeepsItsPromisesOnRandomTraces) {
  for (std::uint64_t seed = 1; seed <= kTraces; ++seed) {
    SCOPED_TRACE(seed);
    Trace(seed).play();
    ASSERT_FALSE(HasFatalFailure());
  }
}

}  // namespace
}  // namespace temper::batching
