#include <algorithm>

#include "temper/model/registry/registry.h"

namespace temper::registry {
namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alphanumeric(char c) {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

}  // namespace

Status check_model_name(std::string_view name) {
  constexpr std::size_t kLongest = 128;
  const bool fits = !name.empty() && name.size() <= kLongest && is_alphanumeric(name.front()) &&
                    std::ranges::all_of(name, [](char c) {
                      return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
                    });
  if (fits) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      "a model's name is 1..128 of A-Z, a-z, 0-9, '.', '_' and '-', a letter or digit first; "
      "found \"{}\"",
      name.substr(0, kLongest));
}

Status check_alias_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const bool fits = !name.empty() && name.size() <= kLongest && is_lower(name.front()) &&
                    std::ranges::all_of(name, [](char c) {
                      return is_lower(c) || is_digit(c) || c == '_' || c == '-';
                    });
  if (fits) return {};
  return fail(ErrorCode::kInvalidArgument,
              "an alias is 1..64 of a-z, 0-9, '_' and '-', a letter first; found \"{}\"",
              name.substr(0, kLongest));
}

}  // namespace temper::registry
