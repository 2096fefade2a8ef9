// Bytes in and out for the formats of this room: little-endian, lengths in front, bounded.
//
// Every value has one encoding: a varint (LEB128, seven bits a byte, least significant first) that
// is longer than it must be is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace temper::record {

class ByteWriter {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void fixed64(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(value >> shift));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  /// Small for small magnitudes: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
  void zigzag(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void text(std::string_view value) {
    varint(value.size());
    bytes_.append(value);
  }
  void raw(std::string_view value) { bytes_.append(value); }
  void reserve(std::size_t size) { bytes_.reserve(size); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what a ByteWriter wrote; empty for bytes that end too early or break a rule. Views into
/// the bytes given, which must outlive what `text` and `raw` return.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::optional<std::uint8_t> byte() {
    if (rest_.empty()) return std::nullopt;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  [[nodiscard]] std::optional<std::uint64_t> fixed64() {
    if (rest_.size() < 8) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      value |= std::uint64_t{static_cast<std::uint8_t>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(8);
    return value;
  }
  [[nodiscard]] std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::optional<std::uint8_t> next = byte();
      if (!next) return std::nullopt;
      const std::uint64_t low = *next & 0x7fU;
      if (shift == 63 && low > 1) return std::nullopt;
      value |= low << shift;
      if ((*next & 0x80U) == 0) {
        if (*next == 0 && shift > 0) return std::nullopt;
        return value;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> zigzag() {
    const std::optional<std::uint64_t> bits = varint();
    if (!bits) return std::nullopt;
    return static_cast<std::int64_t>((*bits >> 1) ^ (~(*bits & 1) + 1));
  }
  [[nodiscard]] std::optional<std::string_view> text(std::size_t max_bytes) {
    const std::optional<std::uint64_t> size = varint();
    if (!size || *size > max_bytes) return std::nullopt;
    return raw(static_cast<std::size_t>(*size));
  }
  [[nodiscard]] std::optional<std::string_view> raw(std::size_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace temper::record
