// A stream of a journal that another process may own: for looking only.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "temper/record/streams/journal/block_source.h"
#include "temper/record/streams/streams.h"

namespace temper::streams {

/// Every call looks anew at what is there. A segment that the owner trims meanwhile counts as gone.
class JournalView final : public Stream {
 public:
  JournalView(std::string name, std::filesystem::path folder, const Clock& clock)
      : name_(std::move(name)), folder_(std::move(folder)), clock_(clock), source_(folder_) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<Appended> append(std::string_view bytes, const AppendOptions& options) override;
  Status flush() override;
  Status create_group(std::string_view group, GroupStart start) override;
  Status remove_group(std::string_view group) override;
  Result<std::vector<Delivery>> read(const ReadRequest& request) override;
  Result<std::uint64_t> acknowledge(std::string_view group, std::span<const EntryId> ids) override;
  Result<std::vector<PendingEntry>> pending(std::string_view group,
                                            std::size_t max_entries) override;
  Result<std::vector<Delivery>> claim(const ClaimRequest& request) override;
  Result<std::vector<Entry>> range(EntryId from, EntryId to, std::size_t max_entries) override;
  Result<TrimResult> trim_before(WallTime limit) override;
  Result<StreamInfo> info() override;

 private:
  [[nodiscard]] std::unexpected<Error> only_looking() const;
  [[nodiscard]] Result<std::vector<std::uint64_t>> segments() const;
  [[nodiscard]] Result<StreamState> newest_state(const std::vector<std::uint64_t>& numbers);

  const std::string name_;
  const std::filesystem::path folder_;
  const Clock& clock_;
  std::mutex mutex_;
  // guarded by mutex_
  BlockSource source_;
};

}  // namespace temper::streams
