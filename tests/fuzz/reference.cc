// A reference file may come from anywhere: whatever lies behind a right checksum is refused, or is
// a reference that can be merged, written and read again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "temper/core/check.h"
#include "temper/core/digest.h"
#include "temper/model/reference/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper;
  std::string bytes("TMPRREF\x01");
  bytes.append(reinterpret_cast<const char*>(data), size);
  bytes += sha256_hex(bytes);
  const auto reference = parse_reference(bytes);
  if (!reference) return 0;
  Reference merged = *reference;
  TEMPER_CHECK(merged.merge(*reference).has_value());
  TEMPER_CHECK(serialise_reference(*reference) == bytes);
  return 0;
}
