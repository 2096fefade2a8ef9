// Whole files, read and replaced safely.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "temper/core/result.h"

namespace temper {

/// The file's bytes. Errors: kNotFound, kResourceExhausted (larger than `max_bytes`), kInternal.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t max_bytes = std::size_t{1} << 31);

/// Replaces `path` as one step: write beside it, fsync, rename, fsync the folder. After a crash the
/// file holds either the old bytes or the new ones, whole.
[[nodiscard]] Status write_file_atomically(const std::filesystem::path& path,
                                           std::string_view bytes, int mode = 0644);

/// Makes the folder's entries durable after a rename inside it.
[[nodiscard]] Status sync_folder(const std::filesystem::path& folder);

/// A folder of our own under the system's temporary folder; removed with its content at the end.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create(std::string_view prefix);
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace temper
