// One stream in Redis.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/record/streams/redis/links.h"
#include "temper/record/streams/redis/redis_streams.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

class RedisStream final : public Stream {
 public:
  RedisStream(std::string name, const RedisStreamsConfig& config, const Clock& clock);

  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<Appended> append(std::string_view bytes, const AppendOptions& options) override;
  /// Every append has been answered by Redis already.
  Status flush() override { return {}; }
  Status create_group(std::string_view group, GroupStart start) override;
  Status remove_group(std::string_view group) override;
  Result<std::vector<Delivery>> read(const ReadRequest& request) override;
  Result<std::uint64_t> acknowledge(std::string_view group, std::span<const EntryId> ids) override;
  Result<std::vector<PendingEntry>> pending(std::string_view group,
                                            std::size_t max_entries) override;
  Result<std::vector<Delivery>> claim(const ClaimRequest& request) override;
  Result<std::vector<Entry>> range(EntryId from, EntryId to, std::size_t max_entries) override;
  /// `kept` counts 1,000 at most.
  Result<TrimResult> trim_before(WallTime limit) override;
  Result<StreamInfo> info() override;

 private:
  struct ReadOnce {
    std::vector<Delivery> deliveries;
    std::string last_delivered;
  };
  [[nodiscard]] Result<ReadOnce> read_once(RedisLink& link, const ReadRequest& request);
  /// Waits until there is an entry after `id`, or a short while.
  [[nodiscard]] Status wait_after(RedisLink& link, std::string_view id, Duration wait);

  const std::string name_;
  const RedisStreamsConfig config_;
  const Clock& clock_;
  const std::string key_;
  const std::string bytes_key_;
  RedisLinks links_;
};

}  // namespace temper::streams
