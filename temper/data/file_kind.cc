#include "temper/data/file_kind.h"

#include <array>

namespace temper::data {
namespace {

struct Signature {
  std::string_view magic;
  std::string_view what;
};

using namespace std::string_view_literals;

constexpr std::array<Signature, 9> kRefused{{
    {"PK\x03\x04"sv, "a ZIP archive (or a spreadsheet): unpack it first"},
    {"\x28\xB5\x2F\xFD"sv, "compressed with zstd: unpack it first"},
    {"BZh"sv, "compressed with bzip2: unpack it first"},
    {"\xFD\x37zXZ"sv, "compressed with xz: unpack it first"},
    {"ARROW1"sv, "an Arrow file: write it as Parquet"},
    {"ORC"sv, "an ORC file: write it as Parquet"},
    {"SQLite format 3"sv, "an SQLite database: export the table"},
    {"\xFF\xFE"sv, "UTF-16 text: write it as UTF-8"},
    {"\xFE\xFF"sv, "UTF-16 text: write it as UTF-8"},
}};

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

}  // namespace

std::string_view file_kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::kCsv:
      return "CSV";
    case FileKind::kParquet:
      return "Parquet";
    case FileKind::kJson:
      return "JSON";
  }
  return "unknown";
}

Result<FileKind> recognise(std::string_view head) {
  if (head.empty()) return fail(ErrorCode::kInvalidArgument, "the file is empty");
  if (head.starts_with("PAR1")) return FileKind::kParquet;
  for (const Signature& signature : kRefused) {
    if (head.starts_with(signature.magic)) {
      return fail(ErrorCode::kInvalidArgument, "the file is {}", signature.what);
    }
  }
  if (head.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "the file is binary, but not Parquet; expected CSV, Parquet or JSON");
  }
  if (head.starts_with(kUtf8Mark)) head.remove_prefix(kUtf8Mark.size());
  const auto first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "the file holds only blank lines");
  }
  if (head[first] == '{' || head[first] == '[') return FileKind::kJson;
  return FileKind::kCsv;
}

}  // namespace temper::data
