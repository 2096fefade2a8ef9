#include "temper/record/streams/journal/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "temper/core/file.h"
#include "temper/record/streams/journal/journal_stream.h"
#include "temper/record/streams/journal/journal_view.h"

namespace temper::streams {
namespace {

Status make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kPermissionDenied, "cannot make folder '{}': {}", folder.string(),
                error.message());
  }
  return sync_folder(folder.has_parent_path() ? folder.parent_path() : ".");
}

/// The kernel drops the lock when this process ends, however it ends.
Result<int> lock_folder(const std::filesystem::path& folder) {
  const std::string path = (folder / "owner.lock").string();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return fail(ErrorCode::kPermissionDenied, "cannot open '{}': {}", path, std::strerror(errno));
  }
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return fail(ErrorCode::kUnavailable, "the journal '{}' is owned by another process",
              folder.string());
}

}  // namespace

Status JournalConfig::validate() const {
  TEMPER_TRY_STATUS(limits.validate());
  if (segment_max_bytes < 4096) {
    return fail(ErrorCode::kInvalidArgument, "segment_max_bytes must be at least 4096, not {}",
                segment_max_bytes);
  }
  if (segment_max_age <= Duration{0} || linger < Duration{0}) {
    return fail(ErrorCode::kInvalidArgument,
                "segment_max_age must be positive and linger not negative");
  }
  if (max_waiting_bytes < (std::uint64_t{1} << 20)) {
    return fail(ErrorCode::kInvalidArgument, "max_waiting_bytes must be at least 1 MiB, not {}",
                max_waiting_bytes);
  }
  return {};
}

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& folder,
                                               const JournalConfig& config, const Clock& clock) {
  TEMPER_TRY_STATUS(config.validate());
  TEMPER_TRY_STATUS(make_folder(folder));
  TEMPER_TRY(const int owner_lock, lock_folder(folder));
  return std::unique_ptr<Journal>(new Journal(folder, config, clock, owner_lock));
}

Result<std::unique_ptr<Journal>> Journal::open_to_look(const std::filesystem::path& folder,
                                                       const Clock& clock) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return fail(ErrorCode::kNotFound, "there is no journal '{}'", folder.string());
  }
  return std::unique_ptr<Journal>(new Journal(folder, {}, clock, -1));
}

Journal::~Journal() {
  streams_.clear();
  if (owner_lock_ >= 0) ::close(owner_lock_);
}

Result<Stream*> Journal::open(std::string_view name) {
  TEMPER_TRY_STATUS(check_stream_name(name));
  const std::scoped_lock lock(mutex_);
  if (const auto found = streams_.find(name); found != streams_.end()) return found->second.get();
  const std::filesystem::path folder = folder_ / std::string(name);
  std::unique_ptr<Stream> stream;
  if (owner_lock_ >= 0) {
    TEMPER_TRY_STATUS(make_folder(folder));
    TEMPER_TRY(stream, JournalStream::open(std::string(name), folder, config_, clock_));
  } else {
    stream = std::make_unique<JournalView>(std::string(name), folder, clock_);
  }
  return streams_.emplace(name, std::move(stream)).first->second.get();
}

Result<std::vector<std::string>> Journal::list() {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    std::string name = at->path().filename().string();
    if (at->is_directory(error) && check_stream_name(name)) names.push_back(std::move(name));
  }
  if (error) {
    return fail(ErrorCode::kInternal, "cannot list '{}': {}", folder_.string(), error.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace temper::streams
