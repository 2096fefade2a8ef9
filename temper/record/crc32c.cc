#include "temper/record/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace temper::record {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
    }
    table[byte] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t state = ~before;
#ifdef __SSE4_2__
  std::uint64_t wide = state;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t chunk = 0;
    std::memcpy(&chunk, bytes.data(), sizeof chunk);
    wide = _mm_crc32_u64(wide, chunk);
    bytes.remove_prefix(sizeof chunk);
  }
  state = static_cast<std::uint32_t>(wide);
#endif
  for (const char c : bytes) {
    state = (state >> 8) ^ kTable[(state ^ static_cast<std::uint8_t>(c)) & 0xff];
  }
  return ~state;
}

}  // namespace temper::record
