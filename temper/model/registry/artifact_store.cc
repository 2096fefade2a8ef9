#include "temper/model/registry/artifact_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "temper/core/digest.h"
#include "temper/core/file.h"
#include "temper/core/rng.h"

namespace temper::registry {
namespace {

ErrorCode code_of(int system_error) {
  switch (system_error) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kInternal;
  }
}

std::unexpected<Error> system_failure(std::string_view what, const std::filesystem::path& path) {
  const int error = errno;
  return fail(code_of(error), "cannot {} '{}': {}", what, path.string(), std::strerror(error));
}

/// Copies until `from` ends; gives the number of bytes.
Result<std::uint64_t> copy_bytes(int from, const std::filesystem::path& from_path, int to,
                                 const std::filesystem::path& to_path) {
  std::vector<char> chunk(std::size_t{1} << 20);
  std::uint64_t copied = 0;
  for (;;) {
    const ssize_t got = ::read(from, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("read", from_path);
    if (got == 0) return copied;
    for (ssize_t done = 0; done < got;) {
      const ssize_t wrote = ::write(to, chunk.data() + done, static_cast<std::size_t>(got - done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return system_failure("write", to_path);
      done += wrote;
    }
    copied += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Descriptor> lock_file(const std::filesystem::path& path, LockMode mode) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_failure("open", path);
  const int operation = mode == LockMode::kShared      ? LOCK_SH
                        : mode == LockMode::kExclusive ? LOCK_EX
                                                       : LOCK_EX | LOCK_NB;
  while (::flock(file.get(), operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) {
      return fail(ErrorCode::kUnavailable, "'{}' is locked by another process", path.string());
    }
    return system_failure("lock", path);
  }
  return file;
}

StagedArtifact::State::~State() {
  if (!published) ::unlink(path.c_str());
}

StagedArtifact::StagedArtifact(std::unique_ptr<State> state) : state_(std::move(state)) {}
StagedArtifact::StagedArtifact(StagedArtifact&&) noexcept = default;
StagedArtifact& StagedArtifact::operator=(StagedArtifact&&) noexcept = default;
StagedArtifact::~StagedArtifact() = default;
const std::filesystem::path& StagedArtifact::path() const { return state_->path; }
const std::string& StagedArtifact::sha256() const { return state_->sha256; }
std::uint64_t StagedArtifact::bytes() const { return state_->bytes; }

Result<ArtifactStore> ArtifactStore::open(const std::filesystem::path& folder) {
  // Models and reference data are their owner's business.
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("create the folder", folder);
  }
  return ArtifactStore(folder);
}

Result<StagedArtifact> ArtifactStore::stage(const std::filesystem::path& file) const {
  // O_NONBLOCK, so that a FIFO is refused and not waited for.
  const Descriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (source.get() < 0) return system_failure("open", file);
  struct stat info{};
  if (::fstat(source.get(), &info) != 0) return system_failure("inspect", file);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is no plain file", file.string());
  }
  if (info.st_size == 0) {
    return fail(ErrorCode::kInvalidArgument, "'{}' is empty", file.string());
  }
  TEMPER_TRY(Descriptor lock, lock_file(lock_path(), LockMode::kShared));
  auto state = std::make_unique<StagedArtifact::State>(
      std::move(lock), folder_ / fmt::format(".staging-{:016x}.onnx", random_seed()));
  const Descriptor copy(::open(state->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
  if (copy.get() < 0) return system_failure("create", state->path);
  TEMPER_TRY(state->bytes, copy_bytes(source.get(), file, copy.get(), state->path));
  if (::fsync(copy.get()) != 0) return system_failure("sync", state->path);
  // Of the copy, since the original may change while it is read.
  TEMPER_TRY(state->sha256, sha256_file(state->path));
  return StagedArtifact(std::move(state));
}

Status ArtifactStore::publish(const StagedArtifact& staged, std::string_view suffix) const {
  const std::filesystem::path target = path_of(staged.sha256(), suffix);
  if (::rename(staged.path().c_str(), target.c_str()) != 0) {
    return system_failure("rename to", target);
  }
  staged.state_->published = true;
  return sync_folder(folder_);
}

std::filesystem::path ArtifactStore::path_of(std::string_view sha256,
                                             std::string_view suffix) const {
  return folder_ / fmt::format("{}{}", sha256, suffix);
}

Result<GarbageReport> ArtifactStore::remove_all_but(const std::set<std::string>& used) const {
  GarbageReport report{.collected = true, .files = 0, .bytes = 0};
  std::error_code error;
  std::vector<std::filesystem::path> unused;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    // Only what this store writes; whatever else lies here is not ours to remove.
    const bool ours = name.starts_with(".staging-") || name.ends_with(kModelSuffix) ||
                      name.ends_with(kReferenceSuffix);
    if (ours && !used.contains(name)) unused.push_back(entry->path());
  }
  if (error) {
    return fail(code_of(error.value()), "cannot list '{}': {}", folder_.string(), error.message());
  }
  for (const std::filesystem::path& path : unused) {
    const std::uint64_t bytes = std::filesystem::file_size(path, error);
    if (::unlink(path.c_str()) != 0) return system_failure("remove", path);
    ++report.files;
    if (!error) report.bytes += bytes;
  }
  return report;
}

}  // namespace temper::registry
