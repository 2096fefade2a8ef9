#include "temper/core/ids.h"

#include <cstring>

namespace temper {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint32_t binding(const Uuid& id, const SipKey& key, std::string_view caller) {
  // Hash of a hash, so that neither part can be slid into the other.
  const std::uint64_t caller_hash = siphash(key, caller);
  std::array<char, 20> message{};
  std::memcpy(message.data(), id.bytes.data(), 12);
  std::memcpy(message.data() + 12, &caller_hash, 8);
  return static_cast<std::uint32_t>(siphash(key, std::string_view(message.data(), 20)));
}

}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += kHexDigits[bytes[i] >> 4];
    text += kHexDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

Uuid make_uuid_v7(WallTime now, Rng& rng) {
  Uuid id;
  const std::array<std::uint64_t, 2> random{rng(), rng()};
  std::memcpy(id.bytes.data(), random.data(), sizeof random);
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

Uuid make_bound_id(WallTime now, Rng& rng, const SipKey& key, std::string_view caller) {
  Uuid id = make_uuid_v7(now, rng);
  const std::uint32_t tag = binding(id, key, caller);
  std::memcpy(id.bytes.data() + 12, &tag, sizeof tag);
  return id;
}

bool is_bound_to(const Uuid& id, const SipKey& key, std::string_view caller) {
  const std::uint32_t tag = binding(id, key, caller);
  return std::memcmp(id.bytes.data() + 12, &tag, sizeof tag) == 0;
}

}  // namespace temper
