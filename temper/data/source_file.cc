#include "temper/data/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "temper/data/file_kind.h"

namespace temper::data {
namespace {

constexpr std::size_t kHeadBytes = 256 * 1024;

struct Head {
  std::string bytes;
  bool gzipped = false;
};

/// The first bytes, unpacked where the file is gzipped.
Result<Head> read_head(int descriptor) {
  const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return fail(ErrorCode::kInternal, "dup: {}", std::strerror(errno));
  const auto close_gz = [](gzFile file) { gzclose(file); };
  const std::unique_ptr<gzFile_s, decltype(close_gz)> file(gzdopen(copy, "rb"), close_gz);
  if (!file) {
    ::close(copy);
    return fail(ErrorCode::kInternal, "the file cannot be read");
  }
  Head head{.bytes = std::string(kHeadBytes, '\0'), .gzipped = false};
  const int count = gzread(file.get(), head.bytes.data(), static_cast<unsigned>(kHeadBytes));
  if (count < 0) return fail(ErrorCode::kInvalidArgument, "the gzip data is corrupt");
  head.bytes.resize(static_cast<std::size_t>(count));
  head.gzipped = gzdirect(file.get()) == 0;
  return head;
}

}  // namespace

Result<SourceFile> SourceFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const ErrorCode code = errno == ENOENT   ? ErrorCode::kNotFound
                           : errno == EACCES ? ErrorCode::kPermissionDenied
                                             : ErrorCode::kInternal;
    return fail(code, "{}: {}", path.string(), std::strerror(errno));
  }
  SourceFile source(descriptor, path.string());
  struct stat info{};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "{}: not a regular file", path.string());
  }
  if (auto status = source.recognise_content(); !status) {
    return std::unexpected(source.explain(std::move(status).error()));
  }
  return source;
}

Status SourceFile::recognise_content() {
  TEMPER_TRY(const Head head, read_head(descriptor_));
  TEMPER_TRY(kind_, recognise(head.bytes));
  is_gzipped_ = head.gzipped;
  if (kind_ == FileKind::kParquet && is_gzipped_) {
    return fail(ErrorCode::kInvalidArgument, "the file is a gzipped Parquet file: unpack it first");
  }
  if (kind_ == FileKind::kCsv) {
    TEMPER_TRY(csv_header_, parse_csv_header(head.bytes));
  }
  return {};
}

std::string SourceFile::engine_path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

Error SourceFile::explain(Error error) const {
  const std::string engine = engine_path();
  for (auto at = error.message.find(engine); at != std::string::npos;
       at = error.message.find(engine, at + shown_path_.size())) {
    error.message.replace(at, engine.size(), shown_path_);
  }
  error.message = shown_path_ + ": " + error.message;
  return error;
}

SourceFile::SourceFile(SourceFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      shown_path_(std::move(other.shown_path_)),
      kind_(other.kind_),
      is_gzipped_(other.is_gzipped_),
      csv_header_(std::move(other.csv_header_)) {}

SourceFile& SourceFile::operator=(SourceFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(shown_path_, other.shown_path_);
  std::swap(kind_, other.kind_);
  std::swap(is_gzipped_, other.is_gzipped_);
  std::swap(csv_header_, other.csv_header_);
  return *this;
}

SourceFile::~SourceFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace temper::data
