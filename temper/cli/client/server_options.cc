#include "temper/cli/client/server_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace temper::client {
namespace {

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<ServerOptions> server_options(const ServerFlags& flags) {
  if (!(flags.timeout_s > 0 && flags.timeout_s <= 86'400)) {
    return fail(ErrorCode::kInvalidArgument, "--timeout must lie in (0, 86400] s, got {}",
                flags.timeout_s);
  }
  ServerOptions server = flags.server;
  server.timeout = Duration(static_cast<std::int64_t>(flags.timeout_s * 1e9));
  if (server.api_key.empty()) {
    if (const char* key = std::getenv("TEMPER_API_KEY")) server.api_key = key;
  }
  return server;
}

Result<RowRange> parse_row_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto first = parse_whole<std::size_t>(text.substr(0, dots));
  RowRange range;
  if (first) {
    range.first = *first;
    if (dots == std::string_view::npos) {
      range.end = *first + 1;
      return range;
    }
    const std::string_view last = text.substr(dots + 2);
    if (last.empty()) return range;
    range.end = parse_whole<std::size_t>(last);
    if (range.end && *range.end > range.first) return range;
  }
  return fail(ErrorCode::kInvalidArgument,
              "rows '{}' must be A..B (from A up to but not B, counted from 0), A.. or A", text);
}

Result<std::vector<int>> parse_counts(std::string_view text, int most) {
  std::vector<int> counts;
  for (const std::string& part : split_names(text)) {
    const auto count = parse_whole<int>(part);
    if (!count || *count < 1 || *count > most) {
      return fail(ErrorCode::kInvalidArgument, "'{}' must be whole numbers in 1..{}, like 1,16,64",
                  text, most);
    }
    counts.push_back(*count);
  }
  if (counts.empty()) return fail(ErrorCode::kInvalidArgument, "a count is missing");
  return counts;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    names.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return names;
}

Result<double> parse_speed(std::string_view text) {
  if (text.empty()) return 0.0;
  std::string_view digits = text;
  if (digits.ends_with('x')) digits.remove_suffix(1);
  const auto speed = parse_whole<double>(digits);
  if (!speed || !std::isfinite(*speed) || *speed <= 0) {
    return fail(ErrorCode::kInvalidArgument,
                "speed '{}' must be a positive number, like 3600x for an hour a second", text);
  }
  return *speed;
}

}  // namespace temper::client
