// One table file, opened once and recognised.
#pragma once

#include <filesystem>
#include <string>

#include "temper/core/result.h"
#include "temper/data/csv_header.h"
#include "temper/data/read.h"

namespace temper::data {

/// Holds the descriptor through which DuckDB reads: it is given "/proc/self/fd/N", so no path of a
/// caller ever becomes part of an SQL text or is taken for a pattern, and the file that was
/// recognised is the file that is read, whatever happens to its name.
class SourceFile {
 public:
  /// Errors: kNotFound; kInvalidArgument when it is a folder or pipe, empty, or not recognised.
  static Result<SourceFile> open(const std::filesystem::path& path);
  SourceFile(SourceFile&& other) noexcept;
  SourceFile& operator=(SourceFile&& other) noexcept;
  SourceFile(const SourceFile&) = delete;
  SourceFile& operator=(const SourceFile&) = delete;
  ~SourceFile();

  [[nodiscard]] FileKind kind() const { return kind_; }
  /// "/proc/self/fd/N".
  [[nodiscard]] std::string engine_path() const;
  [[nodiscard]] bool is_gzipped() const { return is_gzipped_; }
  /// Filled for kCsv.
  [[nodiscard]] const CsvHeader& csv_header() const { return csv_header_; }
  /// `error` with the engine's path replaced by the caller's, and that path in front.
  [[nodiscard]] Error explain(Error error) const;

 private:
  SourceFile(int descriptor, std::string shown_path)
      : descriptor_(descriptor), shown_path_(std::move(shown_path)) {}
  [[nodiscard]] Status recognise_content();

  int descriptor_ = -1;
  std::string shown_path_;
  FileKind kind_ = FileKind::kCsv;
  bool is_gzipped_ = false;
  CsvHeader csv_header_;
};

}  // namespace temper::data
