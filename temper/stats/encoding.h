// Bytes of sketches and summaries: little-endian, fixed widths, read with every length checked.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "temper/core/result.h"

namespace temper::stats {

/// Appends to `bytes()`.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value) { little_endian(value, 4); }
  void u64(std::uint64_t value) { little_endian(value, 8); }
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }
  /// Length (u32), then the bytes.
  void text(std::string_view value);
  /// Length (u64), then the values.
  void numbers(std::span<const double> values);
  void counts(std::span<const std::uint64_t> values);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void little_endian(std::uint64_t value, int size);
  std::string bytes_;
};

/// Reads what ByteWriter wrote. Errors: kInvalidArgument where the bytes end early or a length is
/// larger than what is left, so that no caller can ask for more memory than the bytes it sent.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] Result<std::uint8_t> u8();
  [[nodiscard]] Result<std::uint32_t> u32();
  [[nodiscard]] Result<std::uint64_t> u64();
  [[nodiscard]] Result<std::int64_t> i64();
  [[nodiscard]] Result<double> f64();
  [[nodiscard]] Result<std::string> text();
  [[nodiscard]] Result<std::vector<double>> numbers();
  [[nodiscard]] Result<std::vector<std::uint64_t>> counts();
  /// A count of things that take at least `item_bytes` each.
  [[nodiscard]] Result<std::size_t> length(std::size_t item_bytes);
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  [[nodiscard]] Result<std::uint64_t> little_endian(std::size_t size);
  std::string_view bytes_;
};

}  // namespace temper::stats
