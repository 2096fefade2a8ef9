#include "temper/profile/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace temper::profile {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Widest first: the writers take the first one that divides.
constexpr std::array<Unit, 7> kDurationUnits = {{{"d", 86'400'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000},
                                                 {"ns", 1}}};
constexpr std::array<Unit, 9> kSizeUnits = {{{"TiB", std::uint64_t{1} << 40},
                                             {"GiB", std::uint64_t{1} << 30},
                                             {"MiB", std::uint64_t{1} << 20},
                                             {"KiB", std::uint64_t{1} << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"KB", 1'000},
                                             {"B", 1}}};
constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();

/// A whole number directly followed by one of `units`. `what` and `example` word the error.
template <std::size_t kCount>
Result<std::uint64_t> parse_quantity(std::string_view text, const std::array<Unit, kCount>& units,
                                     std::string_view what, std::string_view example) {
  const auto refuse = [&](std::string_view reason) {
    return fail(ErrorCode::kInvalidArgument, "expected a {} such as \"{}\", found \"{}\"{}", what,
                example, text.substr(0, 64), reason);
  };
  if (text == "0") return std::uint64_t{0};
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) return refuse(" (too large)");
  if (error != std::errc()) return refuse("");
  const std::string_view unit_name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name != unit_name) continue;
    if (number > kMax / unit.factor) return refuse(" (too large)");
    return number * unit.factor;
  }
  if (unit_name.empty()) return refuse(" (the unit is missing)");
  std::string known;
  for (const Unit& unit : units) known.append(known.empty() ? "" : ", ").append(unit.name);
  return refuse(fmt::format(" (units are {})", known));
}

template <std::size_t kCount>
std::string quantity_text(std::uint64_t value, const std::array<Unit, kCount>& units) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return fmt::format("{}{}", value, units.back().name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  TEMPER_TRY(const std::uint64_t count, parse_quantity(text, kDurationUnits, "duration", "5ms"));
  return Duration(static_cast<std::int64_t>(count));
}

std::string duration_text(Duration duration) {
  if (duration.count() < 0) return fmt::format("{}ns", duration.count());
  return quantity_text(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizeUnits, "size", "64MiB");
}

std::string size_text(std::uint64_t bytes) { return quantity_text(bytes, kSizeUnits); }

Result<double> parse_percentage(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || rest + 1 != end || *rest != '%' || !(value >= 0 && value <= 100)) {
    return fail(ErrorCode::kInvalidArgument,
                "expected a percentage in 0%..100% such as \"99.9%\", found \"{}\"",
                text.substr(0, 64));
  }
  return value / 100;
}

}  // namespace temper::profile
