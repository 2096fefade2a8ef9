// A profile's text, whatever it is: never a crash, and what is accepted reads back from its
// effective view as the same profile, breaking no rule.
#include <cstdint>
#include <string_view>

#include "temper/core/check.h"
#include "temper/profile/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace temper::profile;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ParsedProfile parsed = parse_profile(text, "/etc/temper/fuzz.toml");
  for (const Problem& problem : parsed.problems) {
    TEMPER_CHECK(!problem_text(problem, "fuzz.toml").empty());
  }
  if (!parsed.problems.empty()) return 0;
  TEMPER_CHECK(validate(parsed.profile).empty());
  const ParsedProfile again = parse_profile(to_toml(parsed.profile), "/elsewhere/fuzz.toml");
  TEMPER_CHECK(again.problems.empty());
  TEMPER_CHECK(again.profile == parsed.profile);
  TEMPER_CHECK(!to_json(parsed.profile).empty());
  return 0;
}
