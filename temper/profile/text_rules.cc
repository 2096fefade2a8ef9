#include <algorithm>

#include "temper/profile/profile.h"
#include "temper/profile/schema.h"

namespace temper::profile {
namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alphanumeric(char c) {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

/// 1..`most` characters, the first of `first`, the others of `first` or `also`.
template <typename First, typename Rest>
bool is_word(std::string_view text, std::size_t most, First first, Rest rest) {
  return !text.empty() && text.size() <= most && first(text.front()) &&
         std::all_of(text.begin() + 1, text.end(), rest);
}

bool is_any_text(std::string_view text) {
  return text.size() <= 1024 && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

bool is_label(std::string_view text) {
  return is_word(text, 64, is_lower, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_metrics_prefix(std::string_view text) {
  return is_word(text, 64, is_lower, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_model_name(std::string_view text) {
  return is_word(text, 128, is_alphanumeric,
                 [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_tenant(std::string_view text) {
  return is_word(text, 64, is_alphanumeric,
                 [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
}

bool is_stream_prefix(std::string_view text) {
  return text.empty() || is_word(text, 64, is_alphanumeric, [](char c) {
           return is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == ':';
         });
}

bool is_key_digest(std::string_view text) {
  // An empty key would let everyone in who sends an empty header.
  constexpr std::string_view kDigestOfNothing =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  return text.size() == 64 && text != kDigestOfNothing &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace

const TextRule kAnyText{is_any_text, "one line of printable text, at most 1024 bytes"};
const TextRule kLabel{is_label, "1..64 of a-z, 0-9 and -, a letter first"};
const TextRule kMetricsPrefix{is_metrics_prefix, "1..64 of a-z, 0-9 and _, a letter first"};
const TextRule kModelName{is_model_name,
                          "1..128 of A-Z, a-z, 0-9, '.', '_' and '-', a letter or digit first"};
const TextRule kOptionalModelName{
    [](std::string_view text) { return text.empty() || is_model_name(text); },
    "a model's name, or \"\" for none"};
const TextRule kStreamPrefix{is_stream_prefix,
                             "up to 64 of A-Z, a-z, 0-9, '.', '_', '-' and ':', a letter or digit "
                             "first"};
const TextRule kTenant{is_tenant, "1..64 of A-Z, a-z, 0-9, _ and -, a letter or digit first"};
const TextRule kSha256{
    is_key_digest, "the key's SHA-256 as 64 lower-case hex digits (of a key that is not empty)"};
const TextRule kListener{
    [](std::string_view text) { return text.empty() || parse_listen_address(text).has_value(); },
    "HOST:PORT (an IP address or localhost), unix:/path, or \"\" for off"};

}  // namespace temper::profile
