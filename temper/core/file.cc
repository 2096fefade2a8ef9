#include "temper/core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "temper/core/ids.h"

namespace temper {
namespace {

std::unexpected<Error> system_failure(std::string_view what, const std::filesystem::path& path) {
  const int code = errno;
  return fail(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInternal, "cannot {} '{}': {}",
              what, path.string(), std::strerror(code));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_failure("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure("open", path);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return system_failure("inspect", path);
  if (S_ISDIR(info.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is a folder, expected a file", path.string());
  }
  if (static_cast<std::size_t>(info.st_size) > max_bytes) {
    return fail(ErrorCode::kResourceExhausted, "'{}' has {} bytes, the limit is {}", path.string(),
                info.st_size, max_bytes);
  }
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(info.st_size));
  char chunk[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("read", path);
    if (got == 0) return bytes;
    bytes.append(chunk, static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) {
      return fail(ErrorCode::kResourceExhausted, "'{}' is larger than the limit of {} bytes",
                  path.string(), max_bytes);
    }
  }
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, int mode) {
  const std::filesystem::path temporary =
      path.string() + fmt::format(".{:016x}.tmp", random_seed());
  Status written = [&]() -> Status {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) return system_failure("create", temporary);
    TEMPER_TRY_STATUS(write_all(file.get(), bytes, temporary));
    if (::fsync(file.get()) != 0) return system_failure("sync", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return system_failure("rename to", path);
    return sync_folder(path.parent_path().empty() ? "." : path.parent_path());
  }();
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Status sync_folder(const std::filesystem::path& folder) {
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() < 0) return system_failure("open", folder);
  if (::fsync(dir.get()) != 0) return system_failure("sync", folder);
  return {};
}

Result<TemporaryFolder> TemporaryFolder::create(std::string_view prefix) {
  std::error_code error;
  std::string pattern =
      (std::filesystem::temp_directory_path(error) / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) return system_failure("create", pattern);
  return TemporaryFolder(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace temper
