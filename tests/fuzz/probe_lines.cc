// What a probe's child writes is as trustworthy as the model it runs.
#include <cstddef>
#include <cstdint>

#include "temper/core/check.h"
#include "temper/model/runtime/probe_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper::runtime;
  const auto lines = read_probe_lines({reinterpret_cast<const char*>(data), size});
  if (lines.verdict && lines.verdict->has_value()) {
    // What was believed can be stored and read again.
    TEMPER_CHECK(parse_probe_report(to_json(**lines.verdict)).has_value());
  }
  return 0;
}
