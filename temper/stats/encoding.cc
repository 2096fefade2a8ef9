#include "temper/stats/encoding.h"

namespace temper::stats {

void ByteWriter::little_endian(std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

void ByteWriter::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_.append(value);
}

void ByteWriter::numbers(std::span<const double> values) {
  u64(values.size());
  for (const double value : values) f64(value);
}

void ByteWriter::counts(std::span<const std::uint64_t> values) {
  u64(values.size());
  for (const std::uint64_t value : values) u64(value);
}

Result<std::uint64_t> ByteReader::little_endian(std::size_t size) {
  if (bytes_.size() < size) return fail(ErrorCode::kInvalidArgument, "the bytes end early");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
  }
  bytes_.remove_prefix(size);
  return value;
}

Result<std::uint8_t> ByteReader::u8() {
  TEMPER_TRY(const std::uint64_t value, little_endian(1));
  return static_cast<std::uint8_t>(value);
}
Result<std::uint32_t> ByteReader::u32() {
  TEMPER_TRY(const std::uint64_t value, little_endian(4));
  return static_cast<std::uint32_t>(value);
}
Result<std::uint64_t> ByteReader::u64() { return little_endian(8); }
Result<std::int64_t> ByteReader::i64() {
  TEMPER_TRY(const std::uint64_t value, little_endian(8));
  return static_cast<std::int64_t>(value);
}
Result<double> ByteReader::f64() {
  TEMPER_TRY(const std::uint64_t value, little_endian(8));
  return std::bit_cast<double>(value);
}

Result<std::size_t> ByteReader::length(std::size_t item_bytes) {
  TEMPER_TRY(const std::uint64_t count, u64());
  if (count > bytes_.size() / item_bytes) {
    return fail(ErrorCode::kInvalidArgument, "the bytes end early: {} items of {} bytes in {}",
                count, item_bytes, bytes_.size());
  }
  return static_cast<std::size_t>(count);
}

Result<std::string> ByteReader::text() {
  TEMPER_TRY(const std::uint32_t size, u32());
  if (size > bytes_.size()) return fail(ErrorCode::kInvalidArgument, "the bytes end early");
  std::string value(bytes_.substr(0, size));
  bytes_.remove_prefix(size);
  return value;
}

Result<std::vector<double>> ByteReader::numbers() {
  TEMPER_TRY(const std::size_t count, length(8));
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    TEMPER_TRY(const double value, f64());
    values.push_back(value);
  }
  return values;
}

Result<std::vector<std::uint64_t>> ByteReader::counts() {
  TEMPER_TRY(const std::size_t count, length(8));
  std::vector<std::uint64_t> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    TEMPER_TRY(const std::uint64_t value, u64());
    values.push_back(value);
  }
  return values;
}

}  // namespace temper::stats
