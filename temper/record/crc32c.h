// CRC-32C: tells a record that the disk changed from one that it kept.
#pragma once

#include <cstdint>
#include <string_view>

namespace temper::record {

/// Castagnoli's polynomial, as RFC 3720 B.4 pins it; 0 for no bytes. `before` continues a checksum:
/// crc32c(b, crc32c(a)) = crc32c(a b). Uses the processor's instruction where the build allows it.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace temper::record
