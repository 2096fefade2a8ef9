// Whatever lies in a stream: an evidence record that decodes has exactly these bytes as its
// encoding.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "temper/core/check.h"
#include "temper/record/evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper::record;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto decoded = decode_prediction(bytes);
  if (!decoded) return 0;
  const auto again = encode(*decoded);
  TEMPER_CHECK(again.has_value() && *again == bytes);
  return 0;
}
