// The first bytes of a table file, whatever they are: never a crash, and a header that is accepted
// has names, all different.
#include <cstdint>
#include <set>
#include <string_view>

#include "temper/core/check.h"
#include "temper/data/csv_header.h"
#include "temper/data/file_kind.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper::data;
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  const auto kind = recognise(head);
  TEMPER_CHECK(kind.has_value() || !kind.error().message.empty());
  const auto header = parse_csv_header(head);
  if (!header) return 0;
  std::set<std::string_view> names;
  for (const std::string& name : header->names) {
    TEMPER_CHECK(!name.empty() && names.insert(name).second);
  }
  TEMPER_CHECK(!names.empty());
  return 0;
}
