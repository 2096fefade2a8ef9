#include "temper/data/csv_header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

namespace temper::data {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kSeparators = ",;\t|";

/// The text up to the first line end that is outside quotes.
std::string_view first_line(std::string_view head) {
  bool quoted = false;
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '"') quoted = !quoted;
    if (!quoted && (head[at] == '\n' || head[at] == '\r')) return head.substr(0, at);
  }
  return head;
}

char most_frequent_separator(std::string_view line) {
  std::array<std::size_t, kSeparators.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (const auto which = kSeparators.find(c); !quoted && which != std::string_view::npos) {
      ++counts[which];
    }
  }
  const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
  return kSeparators[static_cast<std::size_t>(most)];
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> names(1);
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '"') {
      if (quoted && at + 1 < line.size() && line[at + 1] == '"') {
        names.back() += '"';
        ++at;
      } else {
        quoted = !quoted;
      }
    } else if (line[at] == separator && !quoted) {
      names.emplace_back();
    } else {
      names.back() += line[at];
    }
  }
  return names;
}

std::string folded(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Result<CsvHeader> parse_csv_header(std::string_view head) {
  if (head.starts_with(kUtf8Mark)) head.remove_prefix(kUtf8Mark.size());
  const std::string_view line = first_line(head);
  CsvHeader header{.separator = most_frequent_separator(line), .names = {}};
  header.names = split(line, header.separator);
  std::unordered_map<std::string, std::string> seen;
  for (std::size_t index = 0; index < header.names.size(); ++index) {
    const std::string& name = header.names[index];
    if (name.empty()) {
      return fail(ErrorCode::kInvalidArgument, "column {} of the header has no name", index + 1);
    }
    const auto [other, is_new] = seen.emplace(folded(name), name);
    if (!is_new) {
      return fail(ErrorCode::kInvalidArgument,
                  "the header names the columns '{}' and '{}', which are not told apart",
                  other->second, name);
    }
  }
  return header;
}

}  // namespace temper::data
